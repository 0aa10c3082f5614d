import { Phase } from '../assemble/phases.ts'
import { discoveries, isFarMore, moreOften } from '../numbers/compare.ts'
import { summed } from '../numbers/sums.ts'

/** By service, and last users: requests of baseline and chaos, and those that failed for another reason than the fault. */
export type OtherFailures = Readonly<
  Record<'before' | 'beforeFailed' | 'during' | 'duringFailed', Float64Array>
>

/** Of all that are told to fail more than before, at most this share does not. */
const FALSE_RATE = 0.001
const FAILED_MIN = 3

export function noOtherFailures(services: number): OtherFailures {
  const zeros = (): Float64Array => new Float64Array(services + 1)
  return { before: zeros(), beforeFailed: zeros(), during: zeros(), duringFailed: zeros() }
}

export function noteRequest(of: OtherFailures, i: number, phase: number, failed: 0 | 1): void {
  if (phase === Phase.baseline) {
    of.before[i] += 1
    of.beforeFailed[i] += failed
  } else if (phase === Phase.chaos) {
    of.during[i] += 1
    of.duringFailed[i] += failed
  }
}

export function joinedOtherFailures(seen: readonly OtherFailures[]): OtherFailures {
  return {
    before: summed(seen.map((s) => s.before)),
    beforeFailed: summed(seen.map((s) => s.beforeFailed)),
    during: summed(seen.map((s) => s.during)),
    duringFailed: summed(seen.map((s) => s.duringFailed)),
  }
}

/**
 * Who fails more while the fault is on than before, apart from what the fault does: how many of all requests. Those that
 * the fault made fail count as well: what they would have met otherwise nobody knows.
 */
export function whoFailsOtherwise({
  before,
  beforeFailed,
  during,
  duringFailed,
}: OtherFailures): ReadonlyMap<number, { readonly failed: number; readonly of: number }> {
  const asked = [...duringFailed.keys()].filter((i) => before[i] > 0 && duringFailed[i] >= FAILED_MIN)
  const found = discoveries(
    asked.map((i) => moreOften(beforeFailed[i], before[i], duringFailed[i], during[i])),
    FALSE_RATE,
  )
  return new Map(
    asked.flatMap((i, k) => {
      const isMore = found[k] && isFarMore(beforeFailed[i] / before[i], duringFailed[i] / during[i])
      return isMore ? [[i, { failed: duringFailed[i], of: during[i] }]] : []
    }),
  )
}
