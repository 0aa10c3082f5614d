import { backAfterText, countOf, countText, durationText, usersBackText } from '../model/numbers.ts'
import type {
  Chain,
  FaultReport,
  Grade,
  Mechanism,
  MechanismKind,
  Proof,
  QualityNote,
  RunResult,
  Step,
  StepKind,
  TraceMeta,
  Verdict,
  VerdictReason,
} from '../model/result.ts'

/** One word per thing, in every output. "Broke" and "Held": a broken hypothesis is a finding, no failure. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  held: 'Held',
  broke: 'Broke',
  inconclusive: 'Inconclusive',
  stopped: 'Stopped',
}
export const VERDICT_GLYPHS: Readonly<Record<Verdict, string>> = {
  held: '✓',
  broke: '✕',
  inconclusive: '?',
  stopped: '■',
}
const STEP_GLYPHS: Readonly<Record<StepKind, string>> = {
  inject: '⚡',
  slow: '◔',
  timeout: '◷',
  retry: '↻',
  breaker: '⊘',
  pool: '▦',
  shed: '⇤',
  fallback: '⤵',
  hedge: '⑂',
  'duplicate-work': '⚠',
  error: '✕',
  user: '✕',
}
/** What users saw of a failure that was absorbed is no failure, and what came late was in a queue. */
export function stepGlyph({ kind, rule }: Step): string {
  if (rule.id === 'user.late') return STEP_GLYPHS.pool
  return rule.id === 'user.absorbed' ? VERDICT_GLYPHS.held : STEP_GLYPHS[kind]
}

export const MECHANISM_WORDS: Readonly<Record<MechanismKind, string>> = {
  timeout: 'Timeout',
  retry: 'Retry',
  'circuit-breaker': 'Circuit breaker',
  fallback: 'Fallback',
  'load-shed': 'Load shedding',
  queueing: 'Queueing',
  hedge: 'Hedging',
  'duplicate-work': 'Duplicate work',
}
export const MECHANISM_GLYPHS: Readonly<Record<MechanismKind, string>> = {
  timeout: '◷',
  retry: '↻',
  'circuit-breaker': '⊘',
  fallback: '⤵',
  'load-shed': '⇤',
  queueing: '▦',
  hedge: '⑂',
  'duplicate-work': '⚠',
}
export const GRADE_MEANINGS: Readonly<Record<Grade, string>> = {
  observed: 'spans or the proxy say so',
  inferred: 'a pattern in the spans says so; the rule is named',
  assumed: 'nothing shows it; it is only likely',
}

const WORST_FIRST: readonly Mechanism['verdict'][] = ['hurt', 'mixed', 'helped', 'absent']

/** What hurt comes first, what was absent last; within a verdict the frequent first. */
export function mechanismsWorstFirst(mechanisms: readonly Mechanism[]): readonly Mechanism[] {
  const rank = (m: Mechanism): number => WORST_FIRST.indexOf(m.verdict)
  return mechanisms.toSorted((a, b) => rank(a) - rank(b) || b.count - a.count)
}

/** Where a mechanism is: `order→payment`, or the one service. */
export function mechanismPlace(mechanism: Mechanism): string {
  return [mechanism.caller, mechanism.callee].filter((name) => name !== '').join('→')
}

/** What the step is counted in: `1,244 of 1,952 calls`, `1,244 timeouts`. */
export function stepCount(step: Step): string {
  if (step.of > 0 && step.of !== step.count)
    return `${countText(step.count)} of ${countOf(step.of, step.unit)}`
  return countOf(step.count, step.unit)
}

/** The count, and what else is known, without saying the count twice. */
export function stepSaid(step: Step): string {
  const count = stepCount(step)
  if (step.detail === '') return count
  if (step.detail.includes(count)) return step.detail
  return `${count} · ${step.detail}`
}

/**
 * What users of other entries saw, each told once, failures before what was slow:
 * `4 of 40 POST /orders requests: users got 503 (api tried again)`.
 */
export function otherEntries(result: RunResult): readonly string[] {
  if (result.chain.length === 0) return []
  const told = new Set([result.chain.at(-1)?.unit])
  const rank = ({ outcome }: Chain): number => (outcome === 'failed' ? 0 : 1)
  return result.chains
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap(({ outcome, steps }) => {
      const last = steps.at(-1)
      if (outcome === 'absorbed' || last?.kind !== 'user' || told.has(last.unit)) return []
      told.add(last.unit)
      const between = steps.slice(1, -1).map((step) => step.text)
      return [`${stepSaid(last)}: ${last.text}${between.length === 0 ? '' : ` (${between.join(', ')})`}`]
    })
}

/**
 * What stands out of the traces by itself, where the fault was not seen and yet users were hit far more often than in
 * the baseline: something else happened in the same window.
 */
export function otherSuspect({ proof, impact, suspects }: RunResult): string | undefined {
  const [first] = suspects
  if (proof.tookEffect || first === undefined) return undefined
  const share = (phase: string): number => {
    const all = impact.filter((one) => one.phase === phase)
    const sum = (what: 'background' | 'requests'): number => all.reduce((n, one) => n + one[what], 0)
    return sum('requests') === 0 ? 0 : sum('background') / sum('requests')
  }
  const isMore = share('chaos') >= HIT_SHARE_MIN && share('chaos') >= 2 * share('baseline')
  return isMore ? `${first.service}: ${first.why}` : undefined
}

const HIT_SHARE_MIN = 0.05

/**
 * What failed in the same window and is not laid to the fault, by entry; with who stands out of the traces beside its
 * targets. Else a hypothesis about it that broke would be read as the fault's doing.
 */
export function backgroundFailures({
  proof,
  impact,
  suspects,
  experiments,
  journeys,
}: RunResult): readonly string[] {
  if (!proof.tookEffect) return []
  const othersIn = (entry: string, phase: string): { readonly n: number; readonly of: number } => {
    const one = impact.find((i) => i.entry === entry && i.phase === phase)
    // Results of before tell only of failed and slow ones together.
    const own = one?.attributedFailed ?? Math.min(one?.failed ?? 0, one?.attributed ?? 0)
    return { n: (one?.failed ?? 0) - own, of: one?.requests ?? 0 }
  }
  const targets = new Set(experiments.flatMap((one) => one.targets.map(({ service }) => service)))
  const suspect = suspects.find(({ service }) => !targets.has(service))
  const who = suspect === undefined ? '' : ` (what stands out beside it: ${suspect.service}: ${suspect.why})`
  const failing = [...new Set(impact.map(({ entry }) => entry))].flatMap((entry) => {
    const [before, chaos] = [othersIn(entry, 'baseline'), othersIn(entry, 'chaos')]
    const share = chaos.n / Math.max(1, chaos.of)
    const isMore = chaos.n >= 3 && share >= HIT_SHARE_MIN && share >= (2 * before.n) / Math.max(1, before.of)
    if (!isMore) return []
    const label = journeys.find((one) => one.entry === entry)?.label ?? entry
    return [
      `${countText(chaos.n)} of ${countOf(chaos.of, `${label} requests`)} failed without a path to the fault`,
    ]
  })
  return failing.map((text, i) => (i === 0 ? `${text}${who}` : text))
}

/** Reasons that are hypotheses, those that failed first. */
export function hypothesesFailedFirst(result: RunResult): readonly VerdictReason[] {
  const all = result.verdictReasons.filter((reason) => reason.probe !== undefined)
  return [...all.filter((reason) => !reason.ok), ...all.filter((reason) => reason.ok)]
}

/** Reasons of the verdict that are not hypotheses. */
export function otherReasons(result: RunResult): readonly VerdictReason[] {
  return result.verdictReasons.filter((reason) => reason.probe === undefined)
}

/**
 * When users were back; undefined where the headline says it already, where nobody was hit, or where
 * nothing is known.
 */
export function recoverySentence(result: RunResult): string | undefined {
  if (/after the fault|were back|not come back|still hit/i.test(result.run.headline)) return undefined
  if ((result.run.reach?.hit ?? 0) === 0) return undefined
  if (result.recovery.metastable) return 'Users had not come back when the data ended.'
  const ms = result.recovery.overallMs
  return ms === null ? undefined : usersBackText(ms)
}

/** How long after the fault something was well again. */
export function backText(backAfterMs: number | null): string {
  return backAfterMs === null ? 'not back' : backAfterText(backAfterMs)
}

/** Did the fault meet traffic: `1,244 of 1,952 payment calls, median +502 ms`. */
export function proofText(proof: Proof): string {
  if (!proof.tookEffect) return proof.why
  const seen = `${countText(proof.seen)} of ${countOf(proof.eligible, proof.unit)}`
  return proof.deltaMs === null
    ? seen
    : `${seen}, median ${proof.deltaMs < 0 ? '−' : '+'}${durationText(Math.abs(proof.deltaMs))}`
}

/** Is it gone, where that is known: a run's own fault was removed, somebody else's is no longer seen. */
function goneText({ run, proof }: RunResult): string | undefined {
  if (proof.gone === null) return undefined
  if (!proof.gone) return `NOT verified as gone: ${proof.goneWhy}`
  return run.target === 'traces' ? 'no longer seen after its end' : 'removed, verified'
}

/** `proven, removed, verified`, or what is missing of that. */
export function faultText(result: RunResult): string {
  const { proof } = result
  // Where that is the headline, it need not be said again.
  const isSaid = result.run.headline.includes(proof.why.replace(/\.$/, ''))
  const proven = proof.tookEffect ? 'proven' : isSaid ? 'not proven' : `not proven: ${proof.why}`
  const gone = goneText(result)
  return gone === undefined ? proven : `${proven}${proof.tookEffect ? ',' : ';'} ${gone}`
}

/** `removed, verified by …`, or the problem; of a fault that was not ours, what the traces show. */
export function removedText({ removed }: FaultReport, proof: Proof): string {
  if (removed.at === null) return removed.problem
  if (removed.verifiedBy !== '') return `removed, verified by ${removed.verifiedBy}`
  return `not by Aftershock: the window that was given ends then. In the traces: ${proof.goneWhy}`
}

/** A request that succeeded late is neither well nor failed. */
export function outcomeGlyph({ ok, outcome }: TraceMeta): string {
  return outcome === 'slow' ? STEP_GLYPHS.slow : VERDICT_GLYPHS[ok ? 'held' : 'broke']
}

/** As people paste it; ids of 64 bits are filled up with zeros, which tell nothing. */
export function shortTraceId(traceId: string): string {
  return traceId.replace(/^0+(?=.{8})/, '').slice(0, 8)
}

/** The trace that shows the damage best: the slowest that failed, of those kept as evidence. */
export function worstTrace(result: RunResult): TraceMeta | undefined {
  const failed = result.evidence.filter((trace) => !trace.ok)
  return (failed.length > 0 ? failed : result.evidence).toSorted((a, b) => b.durMs - a.durMs)[0]
}

/** What would have been, without the label that the page puts before it. */
export function estimateText(estimate: NonNullable<Mechanism['estimate']>): string {
  return estimate.text.replace(/^estimate:\s*/i, '')
}

/** Blockers, then warnings, then the rest. */
export function notesWorstFirst(notes: readonly QualityNote[]): readonly QualityNote[] {
  const rank = { blocker: 0, warn: 1, info: 2 }
  return notes.toSorted((a, b) => rank[a.level] - rank[b.level])
}

/** For people, a fault may need undoing. */
export function faultsLeft(result: RunResult): readonly FaultReport[] {
  return result.faults.filter((fault) => fault.removed.at === null)
}
