import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { Io } from '../io.ts'
import type { Argument, Given, Option } from './options.ts'

/** One command of `aftershock chaos`; its code is loaded when it runs. */
export type ChaosCommand = {
  readonly summary: string
  readonly options: readonly Option[]
  readonly args: readonly Argument[]
  readonly load: () => Promise<{ readonly run: ChaosRun }>
}

/** @returns the Chaos Toolkit's exit code */
export type ChaosRun = (given: Given, context: ChaosContext) => Promise<number>

export type ChaosContext = {
  readonly io: Io
  readonly log: ChaosLog
  readonly version: string
  readonly settingsPath: string
  /** `--python`, for the worker. */
  readonly python: string | undefined
  /** The options before the command, files by their whole path: whoever ends a run in its place has the same. */
  readonly options: readonly string[]
  /** Read when first asked for. */
  readonly settings: () => Promise<PyDict>
}
