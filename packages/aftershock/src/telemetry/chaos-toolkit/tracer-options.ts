import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { SpanInput } from '../../model/span-input.ts'
import type { Environment } from '../export-settings.ts'

export type ToolkitTracerOptions = {
  readonly env: Environment
  readonly version: string
  readonly nowNs: () => bigint
  /** For the ids. */
  readonly random: () => number
  readonly warn: (text: string) => void
  /** Controls of the settings file and of `--control-file`, by name: they may ask for tracing, too. */
  readonly globalControls?: (() => readonly PyDict[]) | undefined
  /** `nowhere` keeps the journal as the reference writes it. */
  readonly idsGoTo: 'journal' | 'nowhere'
  /** Of a run of ours, for `chaos.experiment.id`; the trace id otherwise. */
  readonly runId?: string | undefined
  /** Spans as they end, for whoever keeps them beside the export. */
  readonly onSpan?: ((span: SpanInput) => void) | undefined
}
