import type { CrewSpans } from '../crew/crew-hand.ts'
import { SpanSpool } from '../crew/span-spool.ts'
import type { Problem } from '../model/problem.ts'
import { type ReadProgress, readTraceFiles } from '../sources/read-files.ts'
import type { SampleTaken } from '../sources/trace-sample.ts'
import { OWN_SERVICE } from './without-own-spans.ts'

/** Spans in a file take about 0.4 KB there while they are analysed. */
export const SPOOLED_SPANS_MAX = 10_000_000
/** A span in memory takes about 0.4 KB, and what its attributes take. */
export const TABLE_SPANS_MAX = 2_000_000

export type ReadSpans = {
  readonly spans: CrewSpans
  readonly problems: readonly Problem[]
  /** Undefined when all that was read is there. */
  readonly sampled: SampleTaken | undefined
}

export type ReadSpansOptions = {
  /** `keep` them for a report: then all spans stay in memory. */
  readonly attributes: 'keep' | 'drop'
  /** Of more, whole traces are left out; undefined: `SPOOLED_SPANS_MAX`, or `TABLE_SPANS_MAX` with attributes. */
  readonly spansMax: number | undefined
  readonly onProgress?: (progress: ReadProgress) => void
}

/** Reads trace files; many spans are set aside in a file that has no name, by traces, while others are read. */
export async function readSpans(files: readonly string[], options: ReadSpansOptions): Promise<ReadSpans> {
  const { attributes, onProgress } = options
  const more = onProgress === undefined ? {} : { onProgress }
  if (attributes === 'keep') {
    const { table, ...read } = await readTraceFiles(files, {
      ...{ attributes, spansMax: options.spansMax ?? TABLE_SPANS_MAX },
      ...more,
    })
    return { spans: { kind: 'table', table }, ...read }
  }
  const spool = new SpanSpool(options.spansMax ?? SPOOLED_SPANS_MAX, (service) => service === OWN_SERVICE)
  const { table, problems } = await readTraceFiles(files, { attributes, overflow: spool, ...more })
  if (spool.spansRead === 0) return { spans: { kind: 'table', table }, problems, sampled: undefined }
  const spooled = spool.finish(table)
  return { spans: { kind: 'spooled', spooled }, problems, sampled: spooled.sampled }
}
