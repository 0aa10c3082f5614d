import { durationText, isAtOnce } from '../../model/numbers.ts'
import type { Recovery } from '../../model/result.ts'
import { type Facts, nameOf } from '../findings/facts.ts'
import type { MechanismHits } from '../findings/mechanisms.ts'
import { plural } from '../findings/occurrences.ts'
import { isOfWaitingMessages } from '../findings/waiting-messages.ts'
import { quantileIn } from '../numbers/distribution.ts'

/** Messages that came late because of the fault, of the edge where most did, for the headline. */
export type Backlog = {
  readonly caller: string
  readonly callee: string
  readonly count: number
  readonly longestMs: number
  /** When who takes them up was back in its band after the fault; null: not by the end of the data; undefined: not told. */
  readonly backAfterMs: number | null | undefined
}

export function backlogIn(
  facts: Facts,
  hits: readonly MechanismHits[],
  { hops }: Recovery,
): Backlog | undefined {
  const [most] = hits
    .flatMap(({ mechanism, found }) =>
      mechanism.kind === 'queueing' && isOfWaitingMessages(found) ? [found] : [],
    )
    .toSorted((a, b) => b.count - a.count)
  if (most === undefined) return undefined
  const callee = nameOf(facts, most.callee)
  return {
    caller: nameOf(facts, most.caller),
    callee,
    count: most.count,
    longestMs: quantileIn(most.ms, 1),
    backAfterMs: hops.find(({ id }) => id === callee)?.backAfterMs,
  }
}

/** `287 messages from web wait for worker, up to 12 s longer than usual`. */
export function lateText({ caller, callee, count, longestMs }: Backlog, verb: 'wait' | 'waited'): string {
  return `${plural(count, 'message')} from ${caller} ${verb} for ${callee}, up to ${durationText(longestMs)} longer than usual`
}

/** Nothing where the backlog was gone before the fault was, as far as anybody could notice. */
export function goneText({ backAfterMs }: Backlog): string {
  if (backAfterMs === null) return ' The backlog was not gone when the data end.'
  if (backAfterMs === undefined || isAtOnce(backAfterMs)) return ''
  return ` The backlog was gone ${durationText(backAfterMs)} after the fault ended.`
}

/** The same, told after who else was back when. */
export function alsoGoneText({ callee, backAfterMs }: Backlog): string {
  if (backAfterMs === null) return `, ${callee} not by the end of the data`
  if (backAfterMs === undefined || isAtOnce(backAfterMs)) return ''
  return `, ${callee} after ${durationText(backAfterMs)}`
}
