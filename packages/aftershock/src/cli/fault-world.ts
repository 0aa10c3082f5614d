import type { RunFolder } from '../engine/run-folder.ts'
import type { FaultPlan, Injector } from '../faults/injector.ts'
import { localInjector } from '../faults/local/local-injector.ts'
import type { Warden } from '../faults/warden/warden-client.ts'
import type { Experiment } from '../model/fault.ts'
import { planFaults } from './plan-faults.ts'
import type { RunSettings } from './run-settings.ts'

/** Where faults are injected, chosen once from `--target`: services on this machine, or a cluster. */
export type FaultWorld = {
  /** For result.json: `local`, `k8s:<context>`. */
  readonly target: string
  /** Resolves every fault of a file to targets; nothing is changed. @throws ProblemError with all problems */
  plan(experiment: Experiment, settings: RunSettings): Promise<readonly FaultPlan[]>
  /** Asks for consent where a mistake would hurt others. @throws ProblemError when it is not given */
  confirm(plans: readonly FaultPlan[]): Promise<void>
  /** Everything that a run needs to inject; closed when it is over. */
  open(folder: RunFolder, settings: RunSettings): Promise<OpenWorld>
  /** Who removes the faults, also when we are gone. */
  readonly undo: string
}

export type OpenWorld = AsyncDisposable & { readonly injectorFor: (warden: Warden) => Injector }

export const localWorld: FaultWorld = {
  target: 'local',
  plan: (experiment, settings) => planFaults(experiment, settings.system, settings.seed),
  confirm: async () => {},
  open: async (_, settings) => ({
    injectorFor: (warden) =>
      localInjector(warden, {
        services: settings.system.services,
        seed: settings.seed,
        callersKnown: process.platform === 'linux',
      }),
    [Symbol.asyncDispose]: async () => {},
  }),
  undo: 'by this process; by the warden within 10 s when it is gone (lease)',
}
