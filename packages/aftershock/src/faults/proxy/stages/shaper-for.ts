import type { Random } from '../../../model/random.ts'
import type { StageSpec } from '../proxy.ts'
import { bandwidthShaper } from './bandwidth.ts'
import { duplicateShaper } from './duplicate.ts'
import { latencyShaper } from './latency.ts'
import { lossShaper } from './loss.ts'
import { partitionShaper } from './partition.ts'
import { rateShaper } from './rate.ts'
import type { Shaper } from './shaper.ts'

export type NetworkStageSpec = Exclude<StageSpec, { kind: 'http' }>

export function shaperFor(spec: NetworkStageSpec, random: Random, roundTripMs: () => number): Shaper {
  switch (spec.kind) {
    case 'latency':
      return latencyShaper(spec, random)
    case 'loss':
      return lossShaper(spec, random, roundTripMs)
    case 'duplicate':
      return duplicateShaper(spec, random)
    case 'rate':
      return rateShaper(spec)
    case 'bandwidth':
      return bandwidthShaper(spec)
    case 'partition':
      return partitionShaper()
  }
}

/** Whether nothing at all passes: a new connection must then hang in its first SYN. */
export function isBlackHole(spec: StageSpec): boolean {
  return spec.kind === 'partition' || (spec.kind === 'loss' && spec.lossPercent >= 100)
}
