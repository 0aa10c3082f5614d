import { countText, durationText } from '../../../aftershock/src/model/numbers.ts'
import type { ReportView } from '../../../aftershock/src/report/report-view.ts'
import { outcomeGlyph, shortTraceId } from '../../../aftershock/src/report/words.ts'
import type { DataSource } from '../data-source.ts'
import { hrefOf, NO_FILTER } from '../route.ts'
import { useTrace } from './use-trace.ts'
import { Waterfall } from './waterfall.tsx'

type Props = {
  readonly view: ReportView
  readonly source: DataSource
  readonly traceId: string
  readonly spanId: string | undefined
}

/** One trace: what it was, its twin from the baseline, and the waterfall (ux.md S3). */
export function TracePage({ view, source, traceId, spanId }: Props) {
  const loaded = useTrace(source, traceId)
  const meta = view.result.evidence.find((trace) => trace.traceId.startsWith(traceId))
  const steps = view.result.chain.filter((step) => meta?.stepIds.includes(step.id))
  if (loaded.state === 'loading') return <p aria-busy="true">Reading trace {traceId} …</p>
  if (loaded.state === 'absent')
    return (
      <>
        <h1>Trace {shortTraceId(traceId)}</h1>
        <p>
          It cannot be shown here: {loaded.why}.
          {view.inside.sideFile === undefined
            ? ''
            : ` All traces are in ${view.inside.sideFile}, next to this file; aftershock explain ${view.result.run.id} --trace ${shortTraceId(traceId)} prints it.`}
        </p>
        <p>
          <a href={hrefOf({ page: 'traces', filter: NO_FILTER })}>Traces that can be opened</a>
        </p>
      </>
    )
  const { trace } = loaded
  return (
    <>
      <h1>
        Trace {shortTraceId(trace.traceId)}{' '}
        <small>
          {meta === undefined
            ? ''
            : `${outcomeGlyph(meta)} ${meta.outcome} · ${durationText(meta.durMs)} · ${meta.phase} · `}
          {countText(trace.spans.length)} spans · {new Set(trace.spans.map((span) => span.service)).size}{' '}
          services
        </small>
      </h1>
      <p>
        {meta?.twin === undefined ? null : (
          <>
            <a href={hrefOf({ page: 'diff', a: meta.twin, b: trace.traceId })}>
              Compare with its twin from the baseline ({shortTraceId(meta.twin)})
            </a>{' '}
          </>
        )}
        {steps.map((step) => (
          <a key={step.id} class="step-link" href={hrefOf({ page: 'overview', step: step.n })}>
            step {step.n}
          </a>
        ))}
      </p>
      {trace.missingParents === 0 ? null : (
        <p class="warn">
          ⚠ The trace may be incomplete: {countText(trace.missingParents)} spans lack their parent.
        </p>
      )}
      {(trace.skew ?? []).length === 0 ? null : (
        <p class="warn">
          ⚠ Clocks differ by an estimate of{' '}
          {trace.skew?.map((s) => `${durationText(s.estMs)} in ${s.service}`).join(', ')}. Times are shown as
          sent.
        </p>
      )}
      <Waterfall trace={trace} spanId={spanId} />
      {(trace.redacted ?? []).length === 0 ? null : (
        <p class="faint">Values taken out, because they look secret: {trace.redacted?.join(', ')}</p>
      )}
    </>
  )
}
