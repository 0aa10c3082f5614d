import type { TraceFindings } from '../model/findings.ts'
import { countText, percentBesideLimit } from '../model/numbers.ts'
import type { VerdictReason } from '../model/result.ts'
import type { Windows } from '../model/window.ts'
import type { Judgement } from './judge.ts'

/** Users count as hit from this share of the requests of an entry on. */
const hitShareMin = 0.01

/**
 * The verdict over traces that somebody else's experiment left, where no hypothesis was written down: users
 * should not have noticed. The exit code is 0: the analysis was done.
 */
export function judgeTraces(windows: Windows, findings: TraceFindings): Judgement {
  const { proof } = findings
  const isKnown = windows.experiments.length > 0
  const proven: VerdictReason = { ok: proof.tookEffect, text: `fault took effect: ${proof.why}` }
  const hits = findings.impact
    .filter((one) => one.phase === 'chaos')
    .map((one): VerdictReason => {
      const isHit = one.attributed > 0 && one.share >= hitShareMin
      const hit = `${countText(one.attributed)} of ${countText(one.requests)}`
      const share = percentBesideLimit(one.share, hitShareMin)
      const others =
        one.background === 0
          ? ''
          : `; ${countText(one.background)} more failed or slow, not because of the fault`
      return {
        ok: !isHit,
        text: `${one.entry}: ${hit} requests hit (${share})${others}`,
        probe: `${one.entry} is not hit`,
        expected: `fewer than ${percentBesideLimit(hitShareMin, hitShareMin)} of requests failed or slow by the fault`,
        actual: `${hit} (${share})${others}`,
        phase: 'chaos',
      }
    })
  const reasons = isKnown ? [proven, ...hits] : hits
  if (isKnown && !proof.tookEffect) return { verdict: 'inconclusive', reasons, exitCode: 0 }
  return { verdict: hits.some((reason) => !reason.ok) ? 'broke' : 'held', reasons, exitCode: 0 }
}
