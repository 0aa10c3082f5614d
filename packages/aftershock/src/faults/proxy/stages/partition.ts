import type { Shaper } from './shaper.ts'

/** A black hole: one chunk is taken and held, then no more is read, and nothing is reset. */
export function partitionShaper(): Shaper {
  return {
    segmentBytes: undefined,
    heldBytesMax: 1,
    dueMs: () => Number.POSITIVE_INFINITY,
    connectDelayMs: () => Number.POSITIVE_INFINITY,
  }
}
