import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { Controls } from './controls.ts'
import type { ExitDesk } from './exit-desk.ts'
import type { JournalKeeper } from './journal-keeper.ts'
import type { ChaosLog } from './log.ts'
import type { ActivityProvider, OpenStep, PatternSearch, RunObserver } from './ports.ts'

export type Dry = 'probes' | 'actions' | 'activities' | 'pause'

/** `strict`: the reference's behaviour exactly, also where it loses the journal or leaves a fault. */
export type Compatibility = 'safe' | 'strict'

/** Runs activities, by `provider.type`; made by `cli`, loaded when first asked for. */
export type ProviderOf = (type: string) => ActivityProvider | undefined

/** What every part of one run shares. */
export type RunContext = {
  readonly experiment: PyDict
  readonly journal: PyDict
  readonly configuration: PyDict
  readonly secrets: PyDict
  readonly settings: PyDict
  readonly dry: Dry | undefined
  readonly compatibility: Compatibility
  /** What `ref` finds: probes of the hypothesis win over activities of the method. */
  readonly named: ReadonlyMap<string, PyDict>
  readonly providerOf: ProviderOf
  readonly search: PatternSearch
  readonly controls: Controls
  readonly log: ChaosLog
  readonly observer: RunObserver
  readonly desk: ExitDesk
  readonly keeper: JournalKeeper
  /** The step of the whole run. */
  readonly root: OpenStep
  /** What went wrong that the journal cannot tell: the exit code is 1 then. */
  readonly troubles: string[]
}
