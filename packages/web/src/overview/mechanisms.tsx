import { countOf, countText, offsetText } from '../../../aftershock/src/model/numbers.ts'
import type { Mechanism, RunResult } from '../../../aftershock/src/model/result.ts'
import {
  estimateText,
  MECHANISM_GLYPHS,
  MECHANISM_WORDS,
  mechanismPlace,
  mechanismsWorstFirst,
} from '../../../aftershock/src/report/words.ts'
import { Unbroken } from '../unbroken.tsx'
import { Evidence } from './chain.tsx'

const OPENINGS_MAX = 6
const VERDICT_SIGNS = { hurt: '✕', mixed: '◔', helped: '✓', absent: '◌' } as const

/** What each defence did: those that hurt first. */
export function Mechanisms({ result }: { readonly result: RunResult }) {
  if (result.mechanisms.length === 0) return null
  const inside = new Set(
    result.evidence.filter((trace) => trace.embedded === 'full').map((trace) => trace.traceId),
  )
  return (
    <section aria-labelledby="defences" id="s-mechanisms">
      <h2 id="defences">What the defences did</h2>
      <div class="cards">
        {mechanismsWorstFirst(result.mechanisms).map((mechanism) => (
          <Card key={mechanism.id} mechanism={mechanism} inside={inside} />
        ))}
      </div>
    </section>
  )
}

function Card({
  mechanism,
  inside,
}: {
  readonly mechanism: Mechanism
  readonly inside: ReadonlySet<string>
}) {
  const facts =
    mechanism.facts.length > 0 || mechanism.verdict === 'absent'
      ? mechanism.facts
      : [{ label: 'times', value: countText(mechanism.count) }]
  return (
    <article class={`card ${mechanism.verdict}`} id={mechanism.id}>
      <h3>
        <span aria-hidden="true">{MECHANISM_GLYPHS[mechanism.kind]} </span>
        {MECHANISM_WORDS[mechanism.kind]} <small>{mechanismPlace(mechanism)}</small>{' '}
        <b class={`badge ${mechanism.verdict}`}>
          <span aria-hidden="true">{VERDICT_SIGNS[mechanism.verdict]} </span>
          {mechanism.verdict.toUpperCase()}
        </b>
      </h3>
      <dl>
        {facts.map((fact) => (
          <div key={fact.label}>
            <dt>{fact.label}</dt>
            <dd>{fact.value}</dd>
          </div>
        ))}
      </dl>
      <p>
        <Unbroken text={mechanism.sentence} />
      </p>
      {mechanism.estimate === undefined ? null : (
        <p class="estimate">
          <b>Estimate:</b> <Unbroken text={estimateText(mechanism.estimate)} />{' '}
          <span class="faint">({mechanism.estimate.method})</span>
        </p>
      )}
      {(mechanism.openings ?? []).length === 0 ? null : (
        <ul class="openings">
          {mechanism.openings?.slice(0, OPENINGS_MAX).map((opening) => (
            <li key={`${opening.instance}${opening.openedAt}`}>
              {opening.instance} open {offsetText(opening.openedAt)} to{' '}
              {opening.closedAt === null ? 'the end' : offsetText(opening.closedAt)}
            </li>
          ))}
          {(mechanism.openings ?? []).length <= OPENINGS_MAX ? null : (
            <li>{countOf((mechanism.openings ?? []).length - OPENINGS_MAX, 'more openings')}</li>
          )}
        </ul>
      )}
      {(mechanism.sideEffects ?? 0) > 0 ? (
        <p class="warn">⚠ {countText(mechanism.sideEffects)} writes after the caller left</p>
      ) : null}
      <p class="facts">
        <span class={`grade ${mechanism.grade}`} title={mechanism.rule.text}>
          {mechanism.grade}
        </span>{' '}
        {mechanism.evidence.slice(0, 2).map((proof) => (
          <Evidence key={proof.traceId} proof={proof} inside={inside} />
        ))}
      </p>
    </article>
  )
}
