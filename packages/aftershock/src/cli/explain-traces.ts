import { availableParallelism } from 'node:os'
import { type AnalyseInput, analyse, analysis, type Findings } from '../analysis/analyse.ts'
import { layOutGraph } from '../analysis/graph-layout.ts'
import { startThreadCrew } from '../crew/thread-crew.ts'
import { withoutOwnSpans } from './without-own-spans.ts'

/** Fewer spans are analysed before another thread has read and compiled its code (bench/analysis.ts, first runs). */
const SPANS_A_THREAD = 1_000_000
const THREADS_MAX = 4

/** The analysis, and a place for every service in its graph. */
export function explainTraces(input: AnalyseInput): Findings {
  return laidOut(analyse(systemsOwn(input)))
}

/** The same in several threads where there are spans enough for them; it finds the same. */
export async function explainTracesInThreads(input: AnalyseInput): Promise<Findings> {
  const { table, ...rest } = systemsOwn(input)
  const threads = Math.min(THREADS_MAX, availableParallelism(), Math.floor(table.length / SPANS_A_THREAD))
  const crew = startThreadCrew(Math.max(1, threads))
  try {
    return laidOut(await crew.inquire(analysis(rest, table.epochNs, table), table))
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
