import { differenceText } from '../../model/numbers.ts'
import type { Proof } from '../../model/result.ts'
import { Fail } from '../calls/failure.ts'
import { middleOf } from '../findings/eligible.ts'
import type { Examples } from '../findings/examples.ts'
import { type Facts, nameOf, offsetMs } from '../findings/facts.ts'
import { lostText } from '../findings/lost-messages.ts'
import { type MetTallies, metDuring } from '../findings/met-tallies.ts'
import { groupedNumber, plural } from '../findings/occurrences.ts'
import type { NeverTaken } from '../judge/never-taken.ts'
import { moreOften } from '../numbers/compare.ts'
import { countFrom, quantileIn } from '../numbers/distribution.ts'

/** How the fault shows at its targets, for the proof and for the first step of the chain. */
export type Injection = Proof & {
  /** Time of the first call that met the fault, ms since the run's start; null when none did. */
  readonly firstMs: number | null
  readonly failed: number
  readonly examples: Examples | undefined
  /** Most frequent way in which calls that met it failed, `Fail`; ok when they were only slower. */
  readonly as: number
  /**
   * Where it shows: in answers of the target, only in the target's own calls, only in how late it takes up messages, or
   * only in that it never takes them up.
   */
  readonly side: 'answers' | 'calls' | 'messages' | 'lost-messages'
}

/** Two alone are chance, but for those that crowd at the fault's instant. */
const SEEN_MIN = 3

/**
 * Did the fault take effect: calls into the targets that met it, of all there were in chaos, by what they
 * took longer or failed than in the baseline. Targets nobody calls are judged by their own requests.
 */
export function injectionOf(facts: Facts): Injection {
  const { targets } = facts
  const names = [...targets].map((t) => nameOf(facts, t)).join(', ')
  const {
    eligible,
    slipped,
    n: seen,
    failed,
    inItsCalls,
    roots,
    addedMs,
    lainMs,
    examples,
  } = metDuring(facts.digest.met)
  const lost = facts.neverTaken.find(({ callee }) => targets.has(callee))
  if (seen < SEEN_MIN && facts.onsets.size === 0 && lost !== undefined) return lostInjection(facts, lost)
  const side = lainMs.n > seen / 2 ? 'messages' : inItsCalls > seen / 2 ? 'calls' : 'answers'
  const moreMs = side === 'messages' ? lainMs : addedMs
  // Of calls cut off only some are ever finished: few of them do not speak for all.
  const deltaMs = moreMs.n < Math.max(3, seen / 2) ? null : Math.round(quantileIn(moreMs, 0.5) * 10) / 10
  const tookEffect = seen >= SEEN_MIN || (seen > 0 && facts.onsets.size > 0)
  const gone = tookEffect
    ? isGone(facts, deltaMs, side === 'messages' ? 'lainMs' : 'lateMs')
    : { gone: null, goneWhy: 'It was not seen in the first place.' }
  const what = side === 'messages' ? side : 'calls'
  const unit = targets.size === 0 ? what : `${what} ${side === 'calls' ? 'of' : 'to'} ${names}`
  return {
    tookEffect,
    seen,
    eligible,
    unit,
    deltaMs,
    why: whyOf(facts, tookEffect, names, { eligible, slipped, seen, failed, deltaMs, side }),
    ...gone,
    firstMs: examples === undefined ? null : offsetMs(facts, examples.first.start),
    failed,
    examples,
    as: failed > seen / 2 ? mostFrequent(roots) : Fail.ok,
    side,
  }
}

/** Nobody who waits for an answer meets it: it shows in what was sent and never taken up. */
function lostInjection(facts: Facts, lost: NeverTaken): Injection {
  return {
    tookEffect: true,
    ...{
      seen: lost.count,
      eligible: lost.sent,
      unit: `messages to ${nameOf(facts, lost.callee)}`,
      deltaMs: null,
    },
    why: `${lostText(facts, lost)}, of ${groupedNumber(lost.sent)} that were sent while the fault was on.`,
    ...{ gone: null, goneWhy: 'What is never taken up does not tell when that ended.' },
    ...{ firstMs: offsetMs(facts, lost.firstNs), failed: 0, examples: undefined, as: Fail.ok },
    side: 'lost-messages',
  }
}

function mostFrequent(counts: ReadonlyMap<number, number>): number {
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? Fail.ok
}

type Seen = Readonly<Record<'eligible' | 'slipped' | 'seen' | 'failed', number>> & {
  readonly deltaMs: number | null
  readonly side: Injection['side']
}

function whyOf(
  facts: Facts,
  tookEffect: boolean,
  names: string,
  { eligible, slipped, seen: met, failed, deltaMs, side }: Seen,
): string {
  if (facts.targets.size === 0) return withoutTarget(facts)
  const { sent } = facts.digest.met.during
  if (eligible === 0 && sent > 0)
    return `No message to ${names} was taken up while the fault was on or later: ${groupedNumber(sent)} were sent while it was.`
  if (eligible === 0) return `No call reached ${names} while the fault was on.`
  if (!tookEffect && facts.digest.met.before.eligible === 0)
    return `Nothing called ${names} in the baseline: ${plural(eligible, 'call')} while the fault was on cannot be compared.`
  if (!tookEffect) {
    const few = met === 0 ? 'None' : groupedNumber(met)
    return `${few} of ${plural(eligible, 'call')} to ${names} differed from the baseline${met === 0 ? ' more than by chance' : ', no more than by chance'}.`
  }
  const how = [
    ...(deltaMs === null ? [] : [`median ${differenceText(deltaMs)}`]),
    ...(failed === 0 ? [] : [`${groupedNumber(failed)} failed`]),
  ].join(', ')
  const others = slipped === 0 ? '' : ` ${groupedNumber(slipped)} more, not wholly within its time, did not.`
  const unit = side === 'messages' ? 'message' : 'call'
  return `${groupedNumber(met)} of ${plural(eligible, unit)} to ${names} met the fault: ${how}.${others}`
}

function withoutTarget({ experiments, system }: Facts): string {
  const named = experiments.flatMap(({ targets }) => targets.map(({ service }) => service))
  if (named.length === 0) return 'No target is named, and no service stands out in the traces.'
  const known = system.services.flatMap(({ kind, name }) => (kind === 'user' ? [] : [name])).sort()
  const more = known.length > NAMES_MAX ? ` and ${known.length - NAMES_MAX} more` : ''
  return `No service of the traces is called ${named.join(' or ')}: there are ${known.slice(0, NAMES_MAX).join(', ')}${more}.`
}

/** More names than this are not read. */
const NAMES_MAX = 12

/** As bad as the fault: failed, or late by at least this share of what the fault added in the middle. */
const STILL_SHARE = 0.3

/** In the second half of the recovery, what is as bad as under the fault is no more frequent than before it. */
function isGone(
  facts: Facts,
  deltaMs: number | null,
  more: 'lateMs' | 'lainMs',
): { gone: boolean | null; goneWhy: string } {
  const { before, late } = facts.digest.met
  if (middleOf(facts.phases) === undefined) return { gone: null, goneWhy: 'There is no recovery window.' }
  if (late.eligible < 5) return { gone: null, goneWhy: 'Too few calls in the recovery window to tell.' }
  const asBad = (met: MetTallies): number =>
    met.failed + (deltaMs === null ? 0 : countFrom(met[more], STILL_SHARE * Math.abs(deltaMs)))
  const [hits0, hits1] = [asBad(before), asBad(late)]
  const isMore =
    moreOften(hits0 + 1, before.eligible + 1, hits1, late.eligible) < 0.01 && hits1 > 0.03 * late.eligible
  const text = `${groupedNumber(hits1)} of ${plural(late.eligible, 'call')} in the second half of the recovery still met it`
  return { gone: !isMore, goneWhy: isMore ? `${text}.` : `${text}, as before the fault.` }
}
