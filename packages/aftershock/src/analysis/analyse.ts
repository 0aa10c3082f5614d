import type { TraceFindings } from '../model/findings.ts'
import type { RunResult } from '../model/result.ts'
import type { SpanTable } from '../model/span-table.ts'
import type { Windows } from '../model/window.ts'
import { phaseSpans } from './assemble/phases.ts'
import { shareOf } from './assemble/share-out.ts'
import { type Inquiry, inquire } from './crew.ts'
import { examine } from './examine.ts'
import { dataFacts, qualityNotes } from './tell/quality.ts'
import { tell } from './tell.ts'

export type AnalyseInput = {
  readonly table: SpanTable
  readonly windows: Windows
  /** The run's start, ns since the Unix epoch: times in findings count from it. Default: the first window's start. */
  readonly originNs?: bigint
  readonly options?: {
    /** `skip` the control over the baseline (see `sham.ts`); default `run`. */
    readonly sham?: 'run' | 'skip'
    readonly now?: () => number
    /** Share of the traces that the table holds, and the spans there were in all; undefined: it holds them all. */
    readonly sampled?: { readonly share: number; readonly spansRead: number } | undefined
  }
}

/** Every field of `result.json` that traces can give (design.md 5.5). Graph and lines have no places yet. */
export type Findings = TraceFindings &
  Pick<RunResult, 'phases'> & {
    /** ms by step of the analysis. */
    readonly stages: Readonly<Record<string, number>>
  }

/** Explains what a fault did, from spans and windows alone. Pure: the same input gives the same findings. */
export function analyse(input: AnalyseInput): Findings {
  const { table } = input
  return inquire(analysis(input, table.epochNs, table), shareOf(table, 0, 1))
}

/**
 * The same over any number of partitions, wherever they are: each holds whole traces, and all count their
 * times from one epoch. What is found does not depend on how the traces were shared out.
 */
export function* analysis(
  { windows, originNs, options = {} }: Omit<AnalyseInput, 'table'>,
  epochNs: bigint,
  kept: Pick<SpanTable, 'dropped' | 'sampling'>,
): Inquiry<Findings> {
  const now = options.now ?? ((): number => performance.now())
  const from = now()
  const origin = Number((originNs ?? firstStart(windows, epochNs)) - epochNs)
  const phases = phaseSpans(windows, epochNs)
  const examined = yield* examine(windows, phases, windows.peers ?? {}, now)
  const told = yield* tell(examined, windows, phases, origin, options.sham ?? 'run')
  const { facts, entries, sham, findings } = told
  const { offsets, stages } = examined
  const analysisMs = now() - from
  const data = dataFacts(facts, offsets, kept, options.sampled, analysisMs)
  return {
    ...findings,
    data,
    quality: qualityNotes(facts, data, entries, kept, options.sampled, sham),
    stages: { ...stages, telling: analysisMs - Object.values(stages).reduce((a, b) => a + b, 0) },
  }
}

function firstStart(windows: Windows, epochNs: bigint): bigint {
  const starts = [...windows.baseline, ...windows.chaos, ...windows.recovery].map((i) => i.startNs)
  return starts.sort((a, b) => (a < b ? -1 : 1))[0] ?? epochNs
}
