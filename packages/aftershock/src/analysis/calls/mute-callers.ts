import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { copyOf } from '../numbers/columns.ts'
import { Fail } from './failure.ts'
import { isLeftByItsCaller, NEAR_NS } from './given-up.ts'
import { type Habits, habitOf, hedgesUntold, outlivesOwner, waitsForUntold } from './habits.ts'
import { nextLike, untoldCalls } from './mute-hedges.ts'
import type { OwnersCalls } from './owners-calls.ts'

type Told = { readonly fail: Uint8Array; readonly start: Float64Array; readonly end: Float64Array }

/**
 * Callers that tell of no calls show by their callees' spans alone that they gave up: they ended well before an answer
 * that their like wait for, or the same was asked for again while it was still out, or after it had come too late. Where
 * they take the first of two answers that are out, the other was cut off.
 *
 * @returns `fail` with such calls told as time-outs, and when the waiting for them, and for the next one, began and
 *   ended as far as spans tell; as given without any
 */
export function givenUpByMute(forest: Forest, fail: Uint8Array, owners: OwnersCalls, habits: Habits): Told {
  let told: Told = { fail, start: forest.start, end: forest.end }
  const write = (): Told => {
    if (told.end === forest.end)
      told = { fail: copyOf(fail), start: copyOf(told.start), end: copyOf(told.end) }
    return told
  }
  for (let owner = 0; forest.untold.length > 0 && owner < forest.length; owner++) {
    const calls = untoldCalls(forest, owners, owner)
    if (calls.length === 0) continue
    const waiting = calls.filter((call) => waitsForUntold(forest, habits, owner, call))
    for (const call of waiting) {
      const again = askedAgain(forest, fail, habits, waiting, owner, call)
      if (again !== -1 && hedgesUntold(forest, habits, owner, call)) {
        const { fail: as, start, end } = write()
        const isFirst = forest.end[forest.server[call]] <= forest.end[forest.server[again]]
        const [winner, loser] = isFirst ? [call, again] : [again, call]
        as[loser] = Fail.timeout
        end[loser] = end[winner]
        // It was sent before that, whenever it came there.
        start[again] = Math.min(forest.start[forest.server[again]], end[winner] - TOLERANCE_NS)
      } else if (again !== -1) {
        const { fail: as, start, end } = write()
        if (fail[call] === Fail.ok || end[call] > forest.start[forest.server[again]]) as[call] = Fail.timeout
        end[call] = Math.min(end[call], forest.start[forest.server[again]])
        start[again] = Math.max(start[again], end[call])
      } else if (
        fail[owner] === Fail.ok &&
        isLeft(forest, fail, call) &&
        !isLeftByItsCaller(forest, fail, owner)
      ) {
        const { fail: as, end } = write()
        as[call] = Fail.timeout
        end[call] = Math.max(told.start[call], Math.min(end[call], forest.end[owner]))
      }
    }
  }
  return told
}

/** A failed answer that seems to come soon after its owner had ended may have been waited for: clocks are known less well here. */
function isLeft(forest: Forest, fail: Uint8Array, call: number): boolean {
  if (fail[call] === Fail.ok) return outlivesOwner(forest, call)
  return forest.end[forest.server[call]] - forest.end[forest.owner[call]] > NEAR_NS
}

/** The next call of the same operation, where healthy owners make but one; -1 without one, and where that one had failed by then. */
function askedAgain(
  forest: Forest,
  fail: Uint8Array,
  habits: Habits,
  calls: readonly number[],
  owner: number,
  call: number,
): number {
  if (habitOf(forest, habits, owner, call).callsMax > 1) return -1
  const { start, server, end } = forest
  const next = nextLike(forest, calls, call)
  if (next === -1) return -1
  return fail[call] !== Fail.ok && end[server[call]] <= start[server[next]] ? -1 : next
}
