import type { Proof } from '../model/result.ts'
import { moreOften, quantileOf } from './compare.ts'
import { Bit, measuredMs } from './digest.ts'
import { middleOf } from './eligible.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { Fail } from './failure.ts'
import { groupedNumber, plural, timeOrder } from './occurrences.ts'
import { Phase } from './phases.ts'
import { formatMs } from './timeouts.ts'

/** How the fault shows at its targets, for the proof and for the first step of the chain. */
export type Injection = Proof & {
  /** Time of the first call that met the fault, ms since the run's start; null when none did. */
  readonly firstMs: number | null
  /** Rows that met the fault in chaos, by start. */
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
  const { forest, targets } = facts
  const names = [...targets].map((t) => nameOf(facts, t)).join(', ')
  const { during } = facts.tallies.eligible
  const met = metIn(facts, Phase.chaos)
  const deltas = met.map((p) => measuredMs(forest, 'met', p)).filter((ms) => !Number.isNaN(ms))
  deltas.sort((a, b) => a - b)
  const failures = met.filter((p) => forest.fail[p] !== Fail.ok)
  // Of calls cut off only some are ever finished: few of them do not speak for all.
  const deltaMs =
    deltas.length < Math.max(3, met.length / 2) ? null : Math.round(quantileOf(deltas, 0.5) * 10) / 10
  const gone = isGone(facts, deltaMs)
  // Two alone are chance, but for those that crowd at the fault's instant.
  const tookEffect = met.length >= 3 || (met.length > 0 && facts.onsets.size > 0)
  const inItsCalls = met.filter((p) => (forest.bits[p] & Bit.inItsCalls) !== 0).length
  const side = inItsCalls > met.length / 2 ? 'calls' : 'answers'
  const unit = targets.size === 0 ? 'calls' : `calls ${side === 'calls' ? 'of' : 'to'} ${names}`
  return {
    tookEffect,
    seen: met.length,
    eligible: during,
    unit,
    deltaMs,
    why: whyOf(facts, tookEffect, names, during, met.length, failures.length, deltaMs),
    ...gone,
    firstMs: met.length === 0 ? null : offsetMs(facts, forest.start[met[0]]),
    met,
    as: failures.length > met.length / 2 ? mostFrequent(failures.map((p) => forest.root[p])) : Fail.ok,
    side,
  }
}

/** Rows that met the fault in a phase, by start. */
function metIn(facts: Facts, phase: number): readonly number[] {
  const { ofPhase, trace, finds } = facts.forest
  return Array.from(finds.met.rows.filter((row) => ofPhase[trace[row]] === phase)).sort(timeOrder(facts))
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
function isGone(facts: Facts, deltaMs: number | null): { gone: boolean | null; goneWhy: string } {
  const { forest, phases } = facts
  const { before, late } = facts.tallies.eligible
  const middle = middleOf(phases)
  if (middle === undefined) return { gone: null, goneWhy: 'There is no recovery window.' }
  if (late < 5) return { gone: null, goneWhy: 'Too few calls in the recovery window to tell.' }
  const isAsBad = (row: number): boolean => {
    const addedMs = measuredMs(forest, 'met', row)
    return forest.fail[row] !== Fail.ok || (deltaMs !== null && addedMs >= STILL_SHARE * Math.abs(deltaMs))
  }
  const hits0 = metIn(facts, Phase.baseline).filter(isAsBad).length
  const hits1 = metIn(facts, Phase.recovery).filter(
    (row) => forest.start[row] >= middle && isAsBad(row),
  ).length
  const more = moreOften(hits0 + 1, before + 1, hits1, late) < 0.01 && hits1 > 0.03 * late
  const text = `${groupedNumber(hits1)} of ${plural(late, 'call')} in the second half of the recovery still met it`
  return { gone: !more, goneWhy: more ? `${text}.` : `${text}, as before the fault.` }
}
