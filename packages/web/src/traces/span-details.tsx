import { durationText, timeText } from '../../../aftershock/src/model/numbers.ts'
import type { SpanRole, TraceFull, TraceSpan } from '../../../aftershock/src/model/result.ts'
import { Fact } from '../experiment.tsx'

const WHY: Readonly<Record<SpanRole, string>> = {
  timeout: 'Timeout: it failed before an answer came, or the callee ran on after it had ended.',
  retry: 'Retry: a call to the same callee and operation, begun after the one before it had failed.',
  backoff: 'Backoff: the caller waited here before it tried again.',
  breaker: 'Breaker: failed at once with the error of a circuit breaker, and no call below it.',
  fallback: 'Fallback: a call below failed for good, and this went on without an error.',
  abandoned: 'Abandoned work: it ran on after its caller had given up.',
  'side-effect': 'Side effect: it wrote after the caller had left.',
}

/** All that is known of a span, and why it carries its marks. */
export function SpanDetails({ span, trace }: { readonly span: TraceSpan; readonly trace: TraceFull }) {
  const critical = (span.crit ?? []).reduce((sum, [from, to]) => sum + to - from, 0)
  return (
    <section class="details" id="span-details" tabIndex={-1} aria-label="Details of the span">
      <h2>
        {span.service} <small>{span.op}</small>
      </h2>
      <dl class="facts-list">
        <Fact label="kind" value={span.kind} />
        <Fact
          label="starts"
          value={`${durationText(span.start / 1000)} after ${timeText(trace.startedAt)}`}
        />
        <Fact label="lasts" value={durationText(span.dur / 1000)} />
        <Fact label="users waited for it" value={durationText(critical / 1000)} />
        <Fact label="error" value={span.error ?? ''} />
        <Fact label="fault" value={span.fault === undefined ? '' : `⚡ ${span.fault}`} />
        <Fact label="attempt" value={span.attempt === undefined ? '' : String(span.attempt)} />
        <Fact
          label="gave up after"
          value={span.timeoutMs === undefined ? '' : durationText(span.timeoutMs)}
        />
        <Fact
          label="ran on for"
          value={
            span.abandonedUs === undefined
              ? ''
              : `${durationText(span.abandonedUs / 1000)} after its caller left`
          }
        />
        <Fact label="span" value={span.id} />
      </dl>
      {(span.marks ?? []).length === 0 ? null : (
        <>
          <h3>Why it is marked</h3>
          <ul class="plain">
            {span.marks?.map((mark) => (
              <li key={mark}>{WHY[mark]}</li>
            ))}
          </ul>
        </>
      )}
      <Attributes attrs={span.attrs} />
      {(span.events ?? []).length === 0 ? null : (
        <>
          <h3>Events</h3>
          <ul class="plain">
            {span.events?.map((event, i) => (
              <li key={String(i)}>
                {durationText(event.at / 1000)} <b>{event.name}</b>
                <Attributes attrs={event.attrs} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function Attributes({ attrs }: { readonly attrs: TraceSpan['attrs'] }) {
  const entries = Object.entries(attrs ?? {})
  if (entries.length === 0) return null
  return (
    <dl class="attributes">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{String(value)}</dd>
        </div>
      ))}
    </dl>
  )
}
