import type { ReportView } from '../../../aftershock/src/report/report-view.ts'
import { BlastRadius } from './blast-radius.tsx'
import { Chain } from './chain.tsx'
import { EdgeTable } from './edge-table.tsx'
import { Mechanisms } from './mechanisms.tsx'
import { Journal, Quality, Suspects } from './notes.tsx'
import { RecoveryLadder } from './recovery.tsx'
import { Timeline } from './timeline.tsx'
import { Verdict } from './verdict.tsx'

/** A graph wider than this would be too small to read beside the chain. */
const BESIDE_MAX = 900

type Props = {
  readonly view: ReportView
  /** Number of the step that was chosen. */
  readonly step: number | undefined
  readonly service: string | undefined
}

/** The first page: the sentence, and everything that is evidence for it (ux.md S2). */
export function Overview({ view, step, service }: Props) {
  const { result } = view
  const chosen = result.chain.find((s) => s.n === step)
  return (
    <>
      <Verdict result={result} />
      <Timeline result={result} />
      {result.graph.w > BESIDE_MAX ? (
        <>
          <Chain result={result} stepId={chosen?.id} />
          <BlastRadius result={result} stepId={chosen?.id} />
        </>
      ) : (
        <div class="columns">
          <div>
            <BlastRadius result={result} stepId={chosen?.id} />
          </div>
          <div>
            <Chain result={result} stepId={chosen?.id} />
          </div>
        </div>
      )}
      <Mechanisms result={result} />
      <div class="columns even">
        <div>
          <RecoveryLadder result={result} />
        </div>
        <div>
          <Suspects result={result} />
        </div>
      </div>
      <EdgeTable result={result} stepEdge={chosen?.where.edge} service={service} />
      <Quality result={result} />
      <Journal result={result} />
    </>
  )
}
