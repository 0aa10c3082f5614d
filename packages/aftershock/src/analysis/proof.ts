import type { Proof } from '../model/result.ts'
import { moreOften, quantileOf } from './compare.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { Fail } from './failure.ts'
import { groupedNumber, plural } from './occurrences.ts'
import { Phase } from './phases.ts'
import { formatMs } from './timeouts.ts'

/** How the fault shows at its targets, for the proof and for the first step of the chain. */
export type Injection = Proof & {
  /** Time of the first call that met the fault, ms since the run's start; null when none did. */
  readonly firstMs: number | null
  /** Positions that met the fault in chaos, by start. */
  readonly met: readonly number[]
  /** Most frequent way in which calls that met it failed, `Fail`; ok when they were only slower. */
  readonly as: number
  /** Where it shows: in answers of the target, or only in the target's own calls. */
  readonly side: 'answers' | 'calls'
}

/**
 * Did the fault take effect: calls into the targets that met it, of all there were in chaos, by what they
 * took longer or failed than in the baseline. Targets nobody calls are judged by their own requests.
 */
export function injectionOf(facts: Facts): Injection {
  const { forest, phases, targets } = facts
  const names = [...targets].map((t) => nameOf(facts, t)).join(', ')
  const eligible = eligibleAt(facts)
  const inChaos = eligible.filter((p) => phases.ofTrace[forest.trace[p]] === Phase.chaos)
  const met = inChaos
    .filter((p) => meets(facts, p))
    .sort((a, b) => forest.start[a] - forest.start[b] || a - b)
  const deltas = met.flatMap((p) => addedMs(facts, p))
  deltas.sort((a, b) => a - b)
  const failures = met.filter((p) => facts.fail[p] !== Fail.ok)
  // Of calls cut off only some are ever finished: few of them do not speak for all.
  const deltaMs =
    deltas.length < Math.max(3, met.length / 2) ? null : Math.round(quantileOf(deltas, 0.5) * 10) / 10
  const gone = isGone(facts, eligible, deltaMs)
  // Two alone are chance, but for those that crowd at the fault's instant.
  const tookEffect = met.length >= 3 || (met.length > 0 && facts.attribution.onsets.size > 0)
  const unit = targets.size === 0 ? 'calls' : `calls to ${names}`
  return {
    tookEffect,
    seen: met.length,
    eligible: inChaos.length,
    unit,
    deltaMs,
    why: whyOf(facts, tookEffect, names, inChaos.length, met.length, failures.length, deltaMs),
    ...gone,
    firstMs: met.length === 0 ? null : offsetMs(facts, forest.start[met[0]]),
    met,
    as: failures.length > met.length / 2 ? mostFrequent(failures.map((p) => rootFailure(facts, p))) : Fail.ok,
    side: met.filter((p) => beginsInItsCalls(facts, p)).length > met.length / 2 ? 'calls' : 'answers',
  }
}

function eligibleAt(facts: Facts): readonly number[] {
  const { forest, targets } = facts
  const calls: number[] = []
  const requests: number[] = []
  for (let p = 0; p < forest.length; p++) {
    if (targets.has(forest.callee[p]) && !targets.has(forest.service[p])) calls.push(p)
    else if (forest.owner[p] === p && targets.has(forest.service[p]) && forest.parent[p] === -1)
      requests.push(p)
  }
  return [...calls, ...requests]
}

function meets(facts: Facts, p: number): boolean {
  const { attribution, forest } = facts
  if (attribution.failed[p] === 1 && facts.fail[p] !== Fail.rejected) return true
  if (attribution.over[p] === 1) return true
  const owner = forest.callee[p] === -1 ? p : forest.server[p]
  return owner !== -1 && (attribution.over[owner] === 1 || anyCallMet(facts, owner))
}

function anyCallMet(facts: Facts, owner: number): boolean {
  const { logical, attribution, fail } = facts
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (attribution.over[call] === 1) return true
    if (attribution.failed[call] === 1 && fail[call] !== Fail.rejected) return true
  }
  return false
}

/** The target's own call is what was late or failed, not its answer or its work. */
function beginsInItsCalls(facts: Facts, p: number): boolean {
  const { attribution, forest, fail, targets, origins } = facts
  if (attribution.over[p] === 1) return false
  const answer = forest.callee[p] === -1 ? p : forest.server[p]
  if (answer !== -1 && attribution.over[answer] === 1) return false
  if (fail[p] === Fail.ok) return true
  let at = p
  while (origins.cause[at] !== -1) at = origins.cause[at]
  return forest.callee[at] !== -1 && targets.has(forest.service[at])
}

/** What a call took longer; of one cut off, its answer when that was finished all the same. */
function addedMs(facts: Facts, p: number): readonly number[] {
  const { forest, attribution, fail, parts } = facts
  if (fail[p] === Fail.ok) return [(forest.end[p] - forest.start[p] - attribution.durationNs[p]) / 1e6]
  const answer = forest.server[p]
  if (fail[p] !== Fail.timeout || answer === -1 || fail[answer] !== Fail.ok) return []
  const added = forest.end[answer] - forest.start[p] - parts.typical[forest.op[p]]
  return added > 0 ? [added / 1e6] : []
}

function rootFailure(facts: Facts, p: number): number {
  let at = p
  while (facts.origins.cause[at] !== -1) at = facts.origins.cause[at]
  return facts.origins.as[at]
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? Fail.ok
}

function whyOf(
  facts: Facts,
  tookEffect: boolean,
  names: string,
  eligible: number,
  met: number,
  failed: number,
  deltaMs: number | null,
): string {
  if (facts.targets.size === 0) return 'No target is named, and no service stands out in the traces.'
  if (eligible === 0) return `No call reached ${names} while the fault was on.`
  if (!tookEffect) {
    return `${groupedNumber(met)} of ${plural(eligible, 'call')} to ${names} differed from the baseline: no more than chance.`
  }
  const how = [
    ...(deltaMs === null ? [] : [`median ${deltaMs >= 0 ? '+' : ''}${formatMs(deltaMs)}`]),
    ...(failed === 0 ? [] : [`${groupedNumber(failed)} failed`]),
  ].join(', ')
  return `${groupedNumber(met)} of ${plural(eligible, 'call')} to ${names} met the fault: ${how}.`
}

/** As bad as the fault: failed, or late by at least this share of what the fault added in the middle. */
const STILL_SHARE = 0.3

/** In the second half of the recovery, what is as bad as under the fault is no more frequent than before it. */
function isGone(
  facts: Facts,
  eligible: readonly number[],
  deltaMs: number | null,
): { gone: boolean | null; goneWhy: string } {
  const { forest, phases, fail, attribution } = facts
  const recovery = phases.recovery.at(-1)
  if (recovery === undefined) return { gone: null, goneWhy: 'There is no recovery window.' }
  const middle = recovery.from + (recovery.to - recovery.from) / 2
  const late = eligible.filter(
    (p) => phases.ofTrace[forest.trace[p]] === Phase.recovery && forest.start[p] >= middle,
  )
  const before = eligible.filter((p) => phases.ofTrace[forest.trace[p]] === Phase.baseline)
  if (late.length < 5) return { gone: null, goneWhy: 'Too few calls in the recovery window to tell.' }
  const isAsBad = (p: number): boolean => {
    if (!meets(facts, p)) return false
    const addedMs = (forest.end[p] - forest.start[p] - attribution.durationNs[p]) / 1e6
    return fail[p] !== Fail.ok || (deltaMs !== null && addedMs >= STILL_SHARE * Math.abs(deltaMs))
  }
  const count = (list: readonly number[]): number => list.filter(isAsBad).length
  const [hits0, hits1] = [count(before), count(late)]
  const more =
    moreOften(hits0 + 1, before.length + 1, hits1, late.length) < 0.01 && hits1 > 0.03 * late.length
  const text = `${groupedNumber(hits1)} of ${plural(late.length, 'call')} in the second half of the recovery still met it`
  return { gone: !more, goneWhy: more ? `${text}.` : `${text}, as before the fault.` }
}
