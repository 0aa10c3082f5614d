import type { StageSpec } from '../proxy.ts'
import { SEGMENT_BYTES, type Shaper } from './shaper.ts'

/**
 * tbf: a bucket of `bufferBytes` filled at the rate; a segment goes when the bucket holds its size.
 * What the kernel would drop beyond `limitBytes` is not read, which slows the sender down instead.
 * A segment larger than the bucket would never pass in the kernel; here it is cut to fit.
 *
 * @see chaosmesh.md 3.2
 */
export function bandwidthShaper(spec: Extract<StageSpec, { kind: 'bandwidth' }>): Shaper {
  const bytesPerMs = spec.bytesPerSecond / 1000
  let tokens = spec.bufferBytes
  let atMs = Number.NEGATIVE_INFINITY
  return {
    segmentBytes: Math.max(1, Math.min(SEGMENT_BYTES, spec.bufferBytes)),
    heldBytesMax: Math.max(1, spec.limitBytes),
    dueMs(bytes, arrivalMs) {
      const startMs = Math.max(arrivalMs, atMs)
      if (atMs !== Number.NEGATIVE_INFINITY) {
        tokens = Math.min(spec.bufferBytes, tokens + (startMs - atMs) * bytesPerMs)
      }
      const waitMs = tokens >= bytes ? 0 : (bytes - tokens) / bytesPerMs
      tokens = Math.max(0, tokens + waitMs * bytesPerMs - bytes)
      atMs = startMs + waitMs
      return atMs
    },
    connectDelayMs: () => 0,
  }
}
