import { availableParallelism } from 'node:os'
import { type AnalyseInput, analyse, analysis, type Findings } from '../analysis/analyse.ts'
import type { Inquiry } from '../analysis/crew.ts'
import { layOutGraph } from '../analysis/tell/graph-layout.ts'
import type { CrewSpans } from '../crew/crew-hand.ts'
import { startThreadCrew } from '../crew/thread-crew.ts'
import { withoutOwnSpans } from './without-own-spans.ts'

/**
 * Fewer spans are analysed before another thread has compiled its code, and run it often enough to have it optimised:
 * in a first run two threads take longer than one at 2 M spans, and less at 3 M (bench/analysis.ts --spool --runs 1).
 */
const SPANS_A_THREAD = 1_500_000
const THREADS_MAX = 4

/** The analysis, and a place for every service in its graph. */
export function explainTraces(input: AnalyseInput): Findings {
  return laidOut(analyse(systemsOwn(input)))
}

/** The same in several threads where there are spans enough for them; it finds the same. */
export function explainTracesInThreads(
  spans: CrewSpans,
  input: Omit<AnalyseInput, 'table'>,
): Promise<Findings> {
  if (spans.kind === 'spooled') {
    const { common, length } = spans.spooled
    const options = { now: () => performance.now(), ...input.options }
    return inThreads(analysis({ ...input, options }, common.epochNs, common), spans, length)
  }
  const { table, ...rest } = systemsOwn({ ...input, table: spans.table })
  return inThreads(analysis(rest, table.epochNs, table), { kind: 'table', table }, table.length)
}

async function inThreads(inquiry: Inquiry<Findings>, spans: CrewSpans, length: number): Promise<Findings> {
  const threads = Math.min(THREADS_MAX, availableParallelism(), Math.floor(length / SPANS_A_THREAD))
  const crew = startThreadCrew(Math.max(1, threads))
  try {
    return laidOut(await crew.inquire(inquiry, spans))
  } finally {
    await crew.stop()
  }
}

function systemsOwn(input: AnalyseInput): AnalyseInput {
  return {
    ...input,
    options: { now: () => performance.now(), ...input.options },
    table: withoutOwnSpans(input.table),
  }
}

function laidOut(findings: Findings): Findings {
  return { ...findings, graph: layOutGraph(findings.graph.nodes, findings.graph.edges) }
}
