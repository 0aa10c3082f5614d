import type { Random } from '../../../model/random.ts'
import type { StageSpec } from '../proxy.ts'
import { chance } from './crandom.ts'
import { SEGMENT_BYTES, type Shaper } from './shaper.ts'

type Loss = Extract<StageSpec, { kind: 'loss' }>

/** Linux: RTO = SRTT + 200 ms at least, doubled each time up to 120 s; SYN: 1 s doubled, 6 retries. */
const RTO_MIN_MS = 200
const RTO_MAX_MS = 120_000
const SYN_RTO_MS = 1000
const SYN_RETRIES = 6
/** Three segments behind the lost one make the receiver's duplicate ACKs start a fast retransmit. */
const FAST_RETRANSMIT_AFTER = 3
/** A lost segment is repaired eventually; beyond this the kernel gives the connection up (tcp_retries2). */
const RETRIES_MAX = 15

/**
 * Loss as a TCP application sees it: a lost segment is late by its retransmissions, and so is all
 * behind it. A corrupted segment fails its checksum, so it is lost too. 100 % is a black hole.
 *
 * @param roundTripMs - of the link with its other faults, without which a retransmission is not sent
 * @see chaosmesh.md 3.3
 */
export function lossShaper(spec: Loss, random: Random, roundTripMs: () => number): Shaper {
  const isLost = chance(random, spec.lossPercent, spec.correlationPercent)
  const isBlackHole = spec.lossPercent >= 100
  return {
    segmentBytes: SEGMENT_BYTES,
    heldBytesMax: isBlackHole ? 1 : Number.POSITIVE_INFINITY,
    dueMs(_bytes, arrivalMs, following) {
      if (isBlackHole) return Number.POSITIVE_INFINITY
      return arrivalMs + repairMs(isLost, following, roundTripMs)
    },
    connectDelayMs: () => (isBlackHole ? Number.POSITIVE_INFINITY : synDelayMs(isLost)),
  }
}

/** How late a segment is: 0, or the sum of the time-outs until a copy comes through. */
function repairMs(isLost: () => boolean, following: number, roundTripMs: () => number): number {
  if (!isLost()) return 0
  const roundTrip = roundTripMs()
  let rtoMs = roundTrip + RTO_MIN_MS
  let lateMs = 0
  if (following >= FAST_RETRANSMIT_AFTER) {
    lateMs = roundTrip
    if (!isLost()) return lateMs
  }
  for (let retry = 0; retry < RETRIES_MAX; retry++) {
    lateMs += rtoMs
    rtoMs = Math.min(RTO_MAX_MS, rtoMs * 2)
    if (!isLost()) break
  }
  return lateMs
}

/** +1, 3, 7, 15, 31, 63 s; after that the caller's kernel gives up, which is the caller's to notice. */
function synDelayMs(isLost: () => boolean): number {
  let lateMs = 0
  for (let retry = 0; retry <= SYN_RETRIES; retry++) {
    if (!isLost()) return lateMs
    lateMs += SYN_RTO_MS * 2 ** retry
  }
  return Number.POSITIVE_INFINITY
}
