import type { StageSpec } from '../proxy.ts'
import { SEGMENT_BYTES, type Shaper } from './shaper.ts'

/** netem rate: each byte takes 1/R after the one before it, over all connections of the pod. */
export function rateShaper(spec: Extract<StageSpec, { kind: 'rate' }>): Shaper {
  const msPerByte = 1000 / spec.bytesPerSecond
  let freeAtMs = Number.NEGATIVE_INFINITY
  return {
    segmentBytes: SEGMENT_BYTES,
    heldBytesMax: Number.POSITIVE_INFINITY,
    dueMs(bytes, arrivalMs) {
      freeAtMs = Math.max(arrivalMs, freeAtMs) + bytes * msPerByte
      return freeAtMs
    },
    connectDelayMs: () => 0,
  }
}
