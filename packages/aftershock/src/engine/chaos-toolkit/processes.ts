import { type Launcher, startLauncher } from './process-launcher.ts'
import { type RunProcess, runProcess } from './run-process.ts'

/** Runs the processes of one run. */
export type Processes = { readonly run: RunProcess; readonly close: () => Promise<void> }

/** By then Node's own starts have cost about what a launcher does. @see docs/decisions/0025-launcher.md */
const STARTS_BEFORE_LAUNCHER = 4

/** A few are started by us; for many a launcher pays. What it cannot start, and what comes before it is up, we start. */
export function processes(): Processes {
  let started = 0
  let launcher: Launcher | undefined
  return {
    run: async (input) => {
      started += 1
      if (started === STARTS_BEFORE_LAUNCHER) launcher = startLauncher()
      return (await launcher?.run(input)) ?? runProcess(input)
    },
    close: async () => launcher?.close(),
  }
}
