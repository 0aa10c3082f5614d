import { countOf, countText, percentText } from '../../../aftershock/src/model/numbers.ts'
import type { RunResult, VerdictReason } from '../../../aftershock/src/model/result.ts'
import {
  backgroundFailures,
  backText,
  faultsLeft,
  hypothesesFailedFirst,
  otherReasons,
  proofText,
  recoverySentence,
  VERDICT_GLYPHS,
  VERDICT_WORDS,
} from '../../../aftershock/src/report/words.ts'
import { Unbroken } from '../unbroken.tsx'

const HELP_INCONCLUSIVE = [
  'aftershock doctor: does traffic go through the proxies, do all services send traces?',
  'Was the fault on a way that the load takes?',
  'Is the load enough for a verdict (about 20 requests a phase at least)?',
]

/** The one sentence, the proof that the fault was there, and what was expected. */
export function Verdict({ result }: { readonly result: RunResult }) {
  const { run, proof } = result
  const back = recoverySentence(result)
  const hypotheses = hypothesesFailedFirst(result)
  return (
    <section class={`verdict ${run.verdict}`} aria-labelledby="verdict" id="s-verdict">
      <h1 id="verdict">
        <span aria-hidden="true">{VERDICT_GLYPHS[run.verdict]} </span>
        {VERDICT_WORDS[run.verdict]}
        <span class="run-name"> {run.name}</span>
      </h1>
      <p class="headline">
        <Unbroken text={back === undefined ? run.headline : `${run.headline} ${back}`} />
      </p>
      {faultsLeft(result).map((fault) => (
        <p class="alarm" key={fault.id}>
          A fault may still be active: {fault.label}. Remove it with <code>aftershock stop {run.id}</code>
        </p>
      ))}
      <ul class="reasons">
        <li>
          <Sign ok={proof.tookEffect} /> fault took effect: <Unbroken text={proofText(proof)} />
        </li>
        {proof.gone === null ? null : (
          <li>
            <Sign ok={proof.gone} /> {goneLead(result)}
            <Unbroken text={proof.goneWhy} />
          </li>
        )}
        {hypotheses.slice(0, HYPOTHESES_MAX).map((reason) => (
          <Hypothesis key={reason.probe} reason={reason} />
        ))}
        {otherReasons(result)
          .filter(
            (reason) =>
              !isSaidAbove(reason.text) && !run.headline.toLowerCase().startsWith(reason.text.toLowerCase()),
          )
          .map((reason) => (
            <li key={reason.text}>
              <Sign ok={reason.ok} /> {reason.text}
            </li>
          ))}
        <Reach result={result} />
        {backgroundFailures(result).map((text) => (
          <li class="across" key={text}>
            <span aria-hidden="true">! </span>
            not laid to the fault: <Unbroken text={text} />
          </li>
        ))}
      </ul>
      <MoreHypotheses reasons={hypotheses.slice(HYPOTHESES_MAX)} />
      {run.verdict === 'inconclusive' && run.target !== 'traces' ? (
        <ul class="hints">
          {HELP_INCONCLUSIVE.map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ul>
      ) : null}
    </section>
  )
}

/** Of more, the others are folded. */
const HYPOTHESES_MAX = 12

function Hypothesis({ reason }: { readonly reason: VerdictReason }) {
  return (
    <li>
      <Sign ok={reason.ok} /> {reason.probe}:{' '}
      <strong>
        <Unbroken text={reason.actual ?? reason.text} />
      </strong>
    </li>
  )
}

function MoreHypotheses({ reasons }: { readonly reasons: readonly VerdictReason[] }) {
  if (reasons.length === 0) return null
  const held = reasons.filter(({ ok }) => ok).length
  return (
    <details>
      <summary>
        {countOf(reasons.length, 'more hypotheses')}: {countText(reasons.length - held)} broke,{' '}
        {countText(held)} held
      </summary>
      <ul class="reasons">
        {reasons.map((reason) => (
          <Hypothesis key={reason.probe} reason={reason} />
        ))}
      </ul>
    </details>
  )
}

function goneLead({ run, proof }: RunResult): string {
  if (!proof.gone) return 'not known to be gone: '
  return run.target === 'traces' ? 'no longer seen after its end: ' : 'removed, '
}

/** Proof and removal have lines of their own, from `result.proof`. */
function isSaidAbove(reason: string): boolean {
  return /^fault (took effect|removed)\b/i.test(reason)
}

/** The headline's count again, with its interval: that of the journey with the same count. */
function Reach({ result }: { readonly result: RunResult }) {
  const { reach } = result.run
  if (reach === null || reach.total === 0 || reach.hit === 0) return null
  const same = result.journeys.find((one) => one.reach.hit === reach.hit && one.reach.total === reach.total)
  const interval = same === undefined ? '' : `, 95 % CI ${same.reach.ci95.map(percentText).join(' to ')}`
  const back = result.recovery.overallMs
  return (
    <li class="across">
      <span aria-hidden="true">↔ </span>
      <Unbroken
        text={`reach ${percentText(reach.hit / reach.total)} of ${reach.unit}${interval}${back === null ? '' : `; recovery ${backText(back)}`}`}
      />
    </li>
  )
}

function Sign({ ok }: { readonly ok: boolean }) {
  return (
    <span class={ok ? 'ok' : 'bad'}>
      <span aria-hidden="true">{ok ? '✓' : '✕'}</span>
      <span class="sr">{ok ? 'yes:' : 'no:'}</span>
    </span>
  )
}
