import type { TraceFindings } from '../model/findings.ts'
import type { Verdict, VerdictReason } from '../model/result.ts'
import type { RunOutcome } from '../model/run.ts'

export type Judgement = {
  readonly verdict: Verdict
  readonly reasons: readonly VerdictReason[]
  readonly exitCode: number
}

/** Fewer requests of users in the chaos phase than this say nothing. */
const requestsMin = 20

/** 128 and the number of the signal, as shells have it. */
const SIGNAL_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/**
 * The verdict, in this order: a fault that may still be active, stopped by someone, unproven, too little
 * data, hypotheses. Never `held` without proof.
 *
 * @param hypotheses - the reasons already evaluated against the findings
 */
export function judge(
  outcome: RunOutcome,
  findings: TraceFindings,
  hypotheses: readonly VerdictReason[],
): Judgement {
  const proof = proofReason(outcome, findings)
  const gone = goneReason(outcome)
  const reasons = [proof, gone, ...hypotheses]
  const exitCode = (code: number): number => (gone.ok ? code : 6)
  if (outcome.stoppedBy?.kind === 'guard') {
    const stop = { ok: false, text: `guard: ${outcome.stoppedBy.text}` }
    return { verdict: 'stopped', reasons: [stop, ...reasons], exitCode: exitCode(5) }
  }
  if (outcome.stoppedBy !== undefined) {
    const signal = outcome.stoppedBy.kind === 'signal' ? outcome.stoppedBy.signal : 'SIGTERM'
    const stop = { ok: false, text: `stopped by ${outcome.stoppedBy.kind === 'signal' ? signal : 'request'}` }
    return {
      verdict: 'stopped',
      reasons: [stop, ...reasons],
      exitCode: exitCode(SIGNAL_CODES[signal]),
    }
  }
  if (!proof.ok) return { verdict: 'inconclusive', reasons, exitCode: exitCode(3) }
  const requests = findings.journeys.reduce((sum, journey) => sum + journey.phases.chaos.n, 0)
  if (requests < requestsMin) {
    const few = {
      ok: false,
      text: `too little traffic: ${requests} requests while the fault was on, ${requestsMin} are needed`,
    }
    return { verdict: 'inconclusive', reasons: [few, ...reasons], exitCode: exitCode(3) }
  }
  const broken = hypotheses.filter((reason) => !reason.ok)
  if (broken.length > 0) return { verdict: 'broke', reasons, exitCode: exitCode(1) }
  return { verdict: 'held', reasons, exitCode: exitCode(0) }
}

/** The injector's own count. What the traces show only where nobody counted: they move by chance, too. */
function proofReason(outcome: RunOutcome, findings: TraceFindings): VerdictReason {
  const { proof } = findings
  const unproven = outcome.injections.filter((one) => !one.effect.confirmed)
  if (outcome.injections.length === 0) return { ok: false, text: 'fault took effect: it was never applied' }
  if (unproven.length === 0) {
    const shown = outcome.injections.map((one) => `${one.label}: ${one.effect.why}`)
    return { ok: true, text: `fault took effect: ${[...new Set(shown)].join('; ')}` }
  }
  const isUncounted = unproven.every((one) => one.uncounted === true)
  if (isUncounted && proof.tookEffect) return { ok: true, text: `fault took effect: ${proof.why}` }
  const [first] = unproven
  return { ok: false, text: `fault took effect: no proof that it did: ${first?.label}: ${first?.effect.why}` }
}

function goneReason(outcome: RunOutcome): VerdictReason {
  const left = outcome.injections.find((one) => !one.removal.ok)
  if (left !== undefined && !left.removal.ok) {
    return { ok: false, text: `fault removed: ${left.label} may still be active: ${left.removal.problem}` }
  }
  const [first] = outcome.injections
  if (first === undefined || !first.removal.ok) return { ok: true, text: 'fault removed: none was applied' }
  return { ok: true, text: `fault removed: verified by ${first.removal.verifiedBy}` }
}
