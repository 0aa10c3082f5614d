import { countText, offsetText, percentText } from '../../../aftershock/src/model/numbers.ts'
import type { RunResult, Step, TraceRef } from '../../../aftershock/src/model/result.ts'
import { GRADE_MEANINGS, shortTraceId, stepGlyph, stepSaid } from '../../../aftershock/src/report/words.ts'
import { hrefOf } from '../route.ts'
import { Unbroken } from '../unbroken.tsx'

/** The numbered steps from the fault to what users saw, each with its count, time, grade and proof. */
export function Chain({
  result,
  stepId,
}: {
  readonly result: RunResult
  readonly stepId: string | undefined
}) {
  const others = result.chains.slice(1)
  const rest = 1 - result.chains.reduce((sum, chain) => sum + chain.share, 0)
  return (
    <section aria-labelledby="chain" id="s-chain">
      <h2 id="chain">How it spread</h2>
      {result.chain.length === 0 ? (
        <p>No chain: nothing was seen to spread from the fault to users.</p>
      ) : (
        <ol class="chain">
          {result.chain.map((step) => (
            <StepItem key={step.id} step={step} chosen={step.id === stepId} inside={embedded(result)} />
          ))}
        </ol>
      )}
      {others.length === 0 ? null : (
        <details>
          <summary>
            {others.length} other {others.length === 1 ? 'way' : 'ways'} it spread
          </summary>
          <ul>
            {others.map((chain) => (
              <li key={chain.steps.map((step) => step.id).join()}>
                {countText(chain.count)} requests ({percentText(chain.share)}) {chain.outcome}:{' '}
                {chain.steps.map((step) => step.text).join(' → ')}
              </li>
            ))}
          </ul>
          {rest < REST_MIN ? null : (
            <p>The other {percentText(rest)} of the requests that it reached went ways of their own.</p>
          )}
        </details>
      )}
    </section>
  )
}

/** Less is what rounding the shares leaves. */
const REST_MIN = 0.001

function embedded(result: RunResult): ReadonlySet<string> {
  return new Set(result.evidence.filter((trace) => trace.embedded === 'full').map((trace) => trace.traceId))
}

type ItemProps = { readonly step: Step; readonly chosen: boolean; readonly inside: ReadonlySet<string> }

/** What users saw of what did not fail is not coloured as a failure. */
const CLASS_OF_RULE: Readonly<Record<string, string>> = { 'user.absorbed': 'absorbed', 'user.late': 'pool' }

function StepItem({ step, chosen, inside }: ItemProps) {
  return (
    <li
      id={`step-${step.n}`}
      value={step.n}
      class={`step ${CLASS_OF_RULE[step.rule.id] ?? step.kind}${chosen ? ' chosen' : ''}`}
    >
      <a
        class="step-text"
        href={hrefOf({ page: 'overview', step: step.n })}
        aria-current={chosen ? 'true' : undefined}
      >
        <span aria-hidden="true" class="glyph">
          {stepGlyph(step)}{' '}
        </span>
        <Unbroken text={step.text} />
      </a>
      <div class="facts">
        <Unbroken text={`${offsetText(step.at)} · ${stepSaid(step)}`} /> ·{' '}
        <span class={`grade ${step.grade}`} title={GRADE_MEANINGS[step.grade]}>
          {step.grade}
        </span>{' '}
        {step.evidence.slice(0, 3).map((ref) => (
          <Evidence key={ref.traceId} proof={ref} inside={inside} />
        ))}
        <details>
          <summary>why we think so</summary>
          <p>
            {step.rule.text} <code>{step.rule.id}</code>
          </p>
          {(step.alternatives ?? []).length === 0 ? null : (
            <ul>
              {step.alternatives?.map((other) => (
                <li key={other.text}>
                  or, for {percentText(other.weight)} of them, of which nothing but the pattern tells:{' '}
                  {other.text}
                </li>
              ))}
            </ul>
          )}
        </details>
      </div>
    </li>
  )
}

/** A trace as proof; one that is not inside is named, not linked. */
export function Evidence({
  proof,
  inside,
}: {
  readonly proof: TraceRef
  readonly inside: ReadonlySet<string>
}) {
  const name = `trace ${shortTraceId(proof.traceId)}`
  if (!inside.has(proof.traceId)) return <span class="faint">{name} (not inside) </span>
  return (
    <>
      <a
        class="together"
        href={hrefOf({ page: 'trace', traceId: proof.traceId, spanId: proof.spanId })}
        title={proof.note}
      >
        {name}
      </a>{' '}
    </>
  )
}
