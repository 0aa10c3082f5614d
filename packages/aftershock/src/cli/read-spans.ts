import type { CrewSpans } from '../crew/crew-hand.ts'
import { SpanSpool } from '../crew/span-spool.ts'
import type { Problem } from '../model/problem.ts'
import type { SpanTable } from '../model/span-table.ts'
import { chosenTraces } from '../sources/chosen-traces.ts'
import { findFiles } from '../sources/find-files.ts'
import { type ReadProgress, readTraceFiles } from '../sources/read-files.ts'
import type { SampleTaken } from '../sources/trace-sample.ts'
import { giveMemoryBack } from './give-memory-back.ts'
import { OWN_SERVICE } from './without-own-spans.ts'

/** Spans in a file take about 0.25 KB there while they are analysed. */
export const SPANS_MAX = 10_000_000
/** With attributes so many take as much memory as a long analysis does. */
const WHOLE_SPANS_MAX = 150_000
/** With what their attributes take, for a report of what cannot be read again. */
export const PIPED_SPANS_MAX = 2_000_000

export type ReadSpans = {
  readonly spans: CrewSpans
  readonly problems: readonly Problem[]
  /** Undefined when all that was read is there. */
  readonly sampled: SampleTaken | undefined
  /** These traces with their attributes; many spans' are read from the files again. */
  whole(traceIds: readonly string[]): Promise<SpanTable>
}

export type ReadSpansOptions = {
  /** `keep` them for a report, while there are few. */
  readonly attributes: 'keep' | 'drop'
  /** Of more, whole traces are left out; undefined: `SPANS_MAX`, or `PIPED_SPANS_MAX` with attributes. */
  readonly spansMax: number | undefined
  readonly onProgress?: (progress: ReadProgress) => void
}

/** Reads trace files; many spans are set aside in a file that has no name, by traces, while others are read. */
export async function readSpans(files: readonly string[], options: ReadSpansOptions): Promise<ReadSpans> {
  const { attributes, onProgress } = options
  const more = onProgress === undefined ? {} : { onProgress }
  if (attributes === 'keep' && !(await canBeReadAgain(files))) {
    const spansMax = options.spansMax ?? PIPED_SPANS_MAX
    return inMemory(await readTraceFiles(files, { attributes, spansMax, ...more }))
  }
  giveMemoryBack()
  const spool = new SpanSpool(
    options.spansMax ?? SPANS_MAX,
    (service) => service === OWN_SERVICE,
    attributes === 'keep' ? WHOLE_SPANS_MAX : undefined,
  )
  const read = await readTraceFiles(files, { attributes, overflow: spool, ...more })
  if (spool.spansRead === 0) return inMemory(read)
  const spooled = spool.finish(read.table)
  return {
    spans: { kind: 'spooled', spooled },
    problems: read.problems,
    sampled: spooled.sampled,
    whole: (traceIds) => readAgain(files, traceIds, more),
  }
}

type Read = Pick<ReadSpans, 'problems' | 'sampled'> & { readonly table: SpanTable }

/** A function of its own: what it makes holds the table, and nothing else may. */
function inMemory({ table, problems, sampled }: Read): ReadSpans {
  return { spans: { kind: 'table', table }, problems, sampled, whole: async () => table }
}

async function readAgain(
  files: readonly string[],
  traceIds: readonly string[],
  more: Pick<ReadSpansOptions, 'onProgress'>,
): Promise<SpanTable> {
  const overflow = chosenTraces(traceIds)
  return (await readTraceFiles(files, { attributes: 'keep', overflow, ...more })).table
}

/** Not what comes through a pipe. */
async function canBeReadAgain(files: readonly string[]): Promise<boolean> {
  const found = await findFiles(files)
  return found.files.every(({ bytes }) => bytes !== undefined)
}
