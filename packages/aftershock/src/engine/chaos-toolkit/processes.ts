import { isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { dictsIn } from './control-order.ts'
import { type Launcher, startLauncher } from './process-launcher.ts'
import { type RunProcess, runProcess } from './run-process.ts'

/** Runs the processes of one run. */
export type Processes = {
  readonly run: RunProcess
  /** Starts the launcher at once where it will pay: it comes up while the run is prepared. */
  readonly expect: (experiment: PyDict) => void
  readonly close: () => Promise<void>
}

/** By then Node's own starts have cost about what a launcher does. @see docs/decisions/0025-launcher.md */
const STARTS_BEFORE_LAUNCHER = 4

/** A few are started by us; for many a launcher pays. What it cannot start, and what comes before it is up, we start. */
export function processes(): Processes {
  let started = 0
  let launcher: Launcher | undefined
  return {
    run: async (input) => {
      started += 1
      if (started === STARTS_BEFORE_LAUNCHER) launcher ??= startLauncher()
      return (await launcher?.run(input)) ?? runProcess(input)
    },
    expect: (experiment) => {
      if (declaredIn(experiment) >= STARTS_BEFORE_LAUNCHER) launcher ??= startLauncher()
    },
    close: async () => launcher?.close(),
  }
}

/** The process activities of a method: they are played if anything is. */
function declaredIn(experiment: PyDict): number {
  return dictsIn(experiment.get('method')).filter((activity) => {
    const provider = activity.get('provider')
    return isDict(provider) && provider.get('type') === 'process'
  }).length
}
