import type { Random } from '../../../model/random.ts'
import type { StageSpec } from '../proxy.ts'
import { chance } from './crandom.ts'
import { SEGMENT_BYTES, type Shaper } from './shaper.ts'

/** Duplicates are invisible on TCP (the receiver drops them); they are only counted. */
export function duplicateShaper(spec: Extract<StageSpec, { kind: 'duplicate' }>, random: Random): Shaper {
  const isDuplicated = chance(random, spec.duplicatePercent, spec.correlationPercent)
  let wasDuplicated = false
  return {
    segmentBytes: SEGMENT_BYTES,
    heldBytesMax: Number.POSITIVE_INFINITY,
    dueMs(_bytes, arrivalMs) {
      wasDuplicated = isDuplicated()
      return arrivalMs
    },
    connectDelayMs: () => 0,
    touchedUnseen: () => wasDuplicated,
  }
}
