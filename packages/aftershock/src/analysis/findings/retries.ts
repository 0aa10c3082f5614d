import { formatMs, percentText, timesText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { edgeKey } from '../assemble/edge-key.ts'
import { Phase } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { answersTo } from '../calls/hidden-attempts.ts'
import type { LogicalCalls } from '../calls/logical-calls.ts'
import { isSpared } from '../judge/counterfactual.ts'
import type { Told } from '../judge/told.ts'
import { quantileIn } from '../numbers/distribution.ts'
import { push } from '../numbers/push.ts'
import { touchesTarget } from './eligible.ts'
import { evidenceOf, refOf } from './examples.ts'
import { extraAttemptsAt, rejectedAfter } from './extra-attempts.ts'
import { type Facts, nameOf } from './facts.ts'
import { type Found, mark, type Tally } from './found.ts'
import { groupedNumber, type Pick, perMinute, plural } from './occurrences.ts'

/** Logical calls that took more than one attempt, by edge. Occurrences are the last attempts. */
export function retryPick(told: Told, targets: ReadonlySet<number>): (p: number) => Pick | undefined {
  const { forest, logical, attribution } = told
  return (p) => {
    if (logical.next[p] !== -1 || triesAgain(told, p) === 0) return undefined
    const first = firstAttempt(logical, p)
    const isMine =
      isSpared(attribution.failed[first]) || (logical.inner.extra[first] > 0 && wasHit(told, targets, first))
    return { caller: forest.service[p], callee: forest.callee[p], attributed: isMine ? 1 : 0 }
  }
}

/** Of attempts within one span only the answers tell: one failed because of the fault, or the edge is the fault's own. */
function wasHit({ forest, attribution }: Told, targets: ReadonlySet<number>, call: number): boolean {
  const failed = answersTo(forest, call).some((answer) => attribution.failed[answer] !== 0)
  return failed || touchesTarget(forest, targets, call)
}

/** Extra attempts of the logical call that ended with this attempt, one that a breaker rejected included. */
function triesAgain(told: Told, last: number): number {
  let count: number = rejectedAfter(told, last)
  for (let p = last; p !== -1; p = told.logical.previous[p]) count += extraAttemptsAt(told.logical, p)
  return count
}

/** Attempts of the logical call that ended with this one, hedges included; 0 for what is no call. */
function attemptsOf(told: Told, last: number): number {
  const { logical } = told
  let count = logical.attempt[last] + rejectedAfter(told, last)
  for (let p = last; p !== -1; p = logical.previous[p]) count += logical.inner.extra[p]
  return count
}

function firstAttempt(logical: LogicalCalls, p: number): number {
  let first = p
  while (logical.previous[first] !== -1) first = logical.previous[first]
  return first
}

/** When the attempt after the first began; of attempts that share a span, when the span did. */
export function triedAgainNs({ forest, logical }: Told, last: number): number {
  let second = last
  while (logical.attempt[second] > 2 && logical.previous[second] !== -1) second = logical.previous[second]
  return forest.start[second]
}

export function measureRetry(told: Told, tally: Tally, p: number): void {
  const { fail, logical } = told
  if (told.forest.untold[p] !== 1) tally.told += 1
  tally.extra += triesAgain(told, p)
  tally.attemptsMax = Math.max(tally.attemptsMax, attemptsOf(told, p))
  if (fail[p] === Fail.ok) mark(told, tally, p)
  for (let later = p; logical.previous[later] !== -1; later = logical.previous[later]) {
    if (told.forest.untold[later] === 1) continue
    const pause = (told.forest.start[later] - told.forest.end[logical.previous[later]]) / 1e6
    push(tally.pausesMs, logical.attempt[later], pause)
  }
}

export function retryOf(facts: Facts, found: Found): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const { count, extra: extraAttempts, attemptsMax: maxAttempts, marked: rescued } = found
  const all = [Phase.chaos, Phase.recovery].map((phase) => edgeCounts(facts, found, phase).extra)
  const backgroundAttempts = all[0] + all[1] - extraAttempts
  const loadX = tenths(loadOf(facts, found))
  const amplificationX = tenths(loadOf(facts, found) * loadFromAbove(facts, found.caller))
  const isStorm = amplificationX > loadX
  const backoffMs = backoffs(found)
  const share = rescued / count
  return {
    id: `retry:${caller}>${callee}`,
    kind: 'retry',
    caller,
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: found.told >= count / 2 ? 'observed' : 'inferred',
    verdict: share >= 0.5 ? 'helped' : share < 0.1 ? 'hurt' : 'mixed',
    rule: {
      id: 'retry.sibling-after-failure',
      text: 'The same owner called the same operation again after the former attempt had failed.',
    },
    sentence: `${caller} tried ${callee} again, up to ${plural(maxAttempts, 'attempt')} a call: ${plural(extraAttempts, 'extra attempt')} (load ${timesText(loadX)}${isStorm ? `, with the retries above it ${timesText(amplificationX)}` : ''}) rescued ${groupedNumber(rescued)} of ${plural(count, 'call')}.`,
    facts: [
      { label: 'retried calls', value: groupedNumber(count), raw: count },
      { label: 'extra attempts', value: groupedNumber(extraAttempts), raw: extraAttempts },
      ...(backgroundAttempts === 0
        ? []
        : [
            {
              label: 'extra attempts not because of the fault',
              value: groupedNumber(backgroundAttempts),
              raw: backgroundAttempts,
            },
          ]),
      { label: 'rescued', value: `${groupedNumber(rescued)} (${percentText(share)})`, raw: rescued },
      { label: 'load (attempts per call)', value: timesText(loadX), raw: loadX },
      ...(isStorm
        ? [{ label: 'load with the retries above it', value: timesText(amplificationX), raw: amplificationX }]
        : []),
      ...(backoffMs.length === 0
        ? []
        : [{ label: 'pause before each try', value: backoffMs.map(formatMs).join(', ') }]),
    ],
    evidence: [
      ...evidenceOf(found.examples),
      ...(found.marks === undefined ? [] : [refOf(found.marks.typical, 'rescued')]),
    ],
    maxAttempts,
    extraAttempts,
    backgroundAttempts,
    rescued,
    backoffMs,
    loadX,
    amplificationX,
  }
}

/** Median pause before the second, third, … attempt, ms. */
function backoffs({ pausesMs }: Found): readonly number[] {
  const medians: number[] = []
  for (let attempt = 2; ; attempt++) {
    const pauses = pausesMs.get(attempt)
    if (pauses === undefined) return medians
    medians.push(Math.round(quantileIn(pauses, 0.5) * 10) / 10)
  }
}

/** Attempts per logical call of the edge during chaos, over the same in the baseline. */
function loadOf(facts: Facts, edge: Edge): number {
  const per = (phase: number): number => {
    const { attempts, calls } = edgeCounts(facts, edge, phase)
    return calls === 0 ? 1 : attempts / calls
  }
  return per(Phase.chaos) / per(Phase.baseline)
}

function tenths(x: number): number {
  return Math.round(x * 10) / 10
}

const TIERS_MAX = 8

/** What retries on the way to a service multiply its requests by, along the way where they do so most. */
function loadFromAbove(facts: Facts, service: number): number {
  const { ops, services } = facts.system
  const edges = new Map(
    ops.flatMap(({ service: caller, callee }) =>
      callee === -1 || callee === caller ? [] : [[edgeKey(caller, callee), { caller, callee }] as const],
    ),
  )
  const loads = [...edges.values()].map((edge) => ({ ...edge, loadX: Math.max(1, loadOf(facts, edge)) }))
  const above = services.map(() => 1)
  for (let tier = 0; tier < TIERS_MAX; tier++) {
    for (const { caller, callee, loadX } of loads)
      above[callee] = Math.max(above[callee], loadX * above[caller])
  }
  return above[service]
}

type Edge = { readonly caller: number; readonly callee: number }

/** All attempts, logical calls and extra attempts of the edge in a phase, whatever their cause. */
function edgeCounts(facts: Facts, { caller, callee }: Edge, phase: number) {
  const { ops } = facts.system
  const { calls } = facts.tallies
  const counts = { attempts: 0, calls: 0, extra: 0 }
  for (const [op, { service, callee: to }] of ops.entries()) {
    if (service !== caller || to !== callee) continue
    counts.attempts += calls.n[op * 4 + phase] + calls.hidden[op * 4 + phase]
    counts.extra += calls.retries[op * 4 + phase]
    counts.calls += calls.first[op * 4 + phase]
  }
  return counts
}
