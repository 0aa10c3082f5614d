import type { Environment } from '../../engine/chaos-toolkit/configuration.ts'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import { NO_OBSERVER } from '../../engine/chaos-toolkit/observe-nothing.ts'
import type { RunObserver } from '../../engine/chaos-toolkit/ports.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'

export type ObserverInput = {
  readonly experiment: PyDict
  readonly configuration: PyDict
  readonly env: Environment
  readonly log: ChaosLog
}

/** Who traces the run, and how what it saw is sent before the process ends. */
export type ObservedRun = { readonly observer: RunObserver; readonly flush: () => Promise<void> }

/** Nobody, unless the experiment or the environment asks for traces. */
export async function observerFor(_input: ObserverInput): Promise<ObservedRun> {
  return { observer: NO_OBSERVER, flush: async () => {} }
}
