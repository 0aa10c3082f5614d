import { quickProcesses, type RunQuickly } from './quick-processes.ts'
import { type RunProcess, runProcess } from './run-process.ts'

/** Runs the processes of one run; what cannot be started quickly, Node starts. */
export function processes(): RunProcess {
  let quickly: RunQuickly | undefined
  return async (input) => {
    quickly ??= quickProcesses() ?? (async () => undefined)
    return (await quickly(input)) ?? runProcess(input)
  }
}
