import { type AnalyseInput, analyse, type Findings } from '../analysis/analyse.ts'
import { layOutGraph } from '../analysis/graph-layout.ts'
import { withoutOwnSpans } from './without-own-spans.ts'

/** The analysis, and a place for every service in its graph. */
export function explainTraces(input: AnalyseInput): Findings {
  const findings = analyse({
    ...input,
    options: { now: () => performance.now(), ...input.options },
    table: withoutOwnSpans(input.table),
  })
  return { ...findings, graph: layOutGraph(findings.graph.nodes, findings.graph.edges) }
}
