import { Fail } from '../calls/failure.ts'
import { isGivenUp, NEAR_NS } from '../calls/given-up.ts'
import { rootOf } from '../calls/origins.ts'
import type { Judged } from './judged.ts'

/**
 * Whether a call that was given up would have failed in any case: its answer failed in the end, for a reason that stays.
 * Who fails as its caller leaves may do so because it was told.
 *
 * @param failed - of spans below: other than 0 where their failure is thought away
 * @param stays - whether failures that begin at a span do so anyway
 */
export function failsAllTheSame(
  { forest, fail, origins, failed }: Known,
  call: number,
  stays: (p: number) => boolean,
): boolean {
  const answer = forest.server[call]
  if (answer === -1 || fail[answer] === Fail.ok || failed[answer] !== 0) return false
  const origin = rootOf(origins, answer)
  if (isGivenUp(fail, origin) || !stays(origin)) return false
  return Math.abs(forest.end[origin] - forest.end[call]) > NEAR_NS
}

type Known = Pick<Judged, 'forest' | 'fail' | 'origins'> & { readonly failed: Uint8Array }
