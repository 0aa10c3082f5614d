import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { copyOf } from '../numbers/columns.ts'
import { Fail } from './failure.ts'
import type { OwnersCalls } from './owners-calls.ts'

/**
 * Some clients end their span when the answer's head is there (aiohttp, streams), and the caller reads on. A good
 * answer that its callee was still giving then, and had given before the caller did anything else, was waited for.
 *
 * @returns ends; as given where no such call is
 */
export function endsOfReading(
  forest: Forest,
  fail: Uint8Array,
  { callStart, calls }: OwnersCalls,
): Float64Array {
  let { end } = forest
  for (let owner = 0; owner < forest.length; owner++) {
    for (let i = callStart[owner]; i < callStart[owner + 1]; i++) {
      const call = calls[i]
      const answer = forest.server[call]
      if (answer === -1 || fail[call] !== Fail.ok || fail[answer] !== Fail.ok || call === owner) continue
      const given = forest.end[answer]
      if (given <= forest.end[call] + TOLERANCE_NS || !saysAnswered(forest, call)) continue
      const until = nextDoing(forest, calls, i + 1, callStart[owner + 1], owner, call)
      if (given > until + TOLERANCE_NS) continue
      if (end === forest.end) end = copyOf(end)
      end[call] = Math.min(given, until)
    }
  }
  return end
}

/** Who has a status has an answer; of others that end well nobody knows whether they were given up (undici). */
function saysAnswered({ table, row, untold }: Forest, call: number): boolean {
  if (untold[call] === 1) return false
  return table.httpStatus[row[call]] > 0 || table.grpcStatus[row[call]] === 0
}

/** When the owner made its next call, or ended. */
function nextDoing(
  { start, end }: Forest,
  calls: Uint32Array,
  from: number,
  to: number,
  owner: number,
  call: number,
): number {
  for (let i = from; i < to; i++)
    if (start[calls[i]] >= end[call]) return Math.min(start[calls[i]], end[owner])
  return end[owner]
}
