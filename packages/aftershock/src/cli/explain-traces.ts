import { type AnalyseInput, analyse, type Findings } from '../analysis/analyse.ts'
import { layOutGraph } from '../analysis/graph-layout.ts'

/** The analysis, and a place for every service in its graph. */
export function explainTraces(input: AnalyseInput): Findings {
  const findings = analyse({ options: { now: () => performance.now() }, ...input })
  return { ...findings, graph: layOutGraph(findings.graph.nodes, findings.graph.edges) }
}
