import { Phase } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { summed } from '../numbers/sums.ts'
import type { Counterfactual } from './counterfactual.ts'
import type { Judged } from './judged.ts'
import { ENTRY_SAMPLES_MIN, FAILS_ANYWAY_SHARE } from './outcomes.ts'

/** By entry operation, in chaos and in recovery: requests that the fault did not make fail, and those of them that failed. */
export type OthersSeen = Readonly<
  Record<'chaos' | 'chaosFailed' | 'recovery' | 'recoveryFailed', Float64Array>
>

export function othersSeen({ forest, fail, phases }: Judged, { failed }: Counterfactual): OthersSeen {
  const zeros = (): Float64Array => new Float64Array(forest.ops.length)
  const seen = { chaos: zeros(), chaosFailed: zeros(), recovery: zeros(), recoveryFailed: zeros() }
  for (let t = 0; t < forest.traces; t++) {
    const entry = forest.entry[t]
    if (entry === -1 || phases.ofTrace[t] < Phase.chaos || failed[entry] !== 0) continue
    const isChaos = phases.ofTrace[t] === Phase.chaos
    const op = forest.op[entry]
    seen[isChaos ? 'chaos' : 'recovery'][op] += 1
    if (fail[entry] !== Fail.ok) seen[isChaos ? 'chaosFailed' : 'recoveryFailed'][op] += 1
  }
  return seen
}

/**
 * Entry operations that fail for another reason while the fault is on, and still do when it is gone (an incident, a
 * limit that all have come to exceed): of what the fault hits, most would have failed without it.
 */
export function failingForOthers(seen: readonly OthersSeen[]): Uint8Array {
  const [chaos, recovery] = [summed(seen.map((s) => s.chaos)), summed(seen.map((s) => s.recovery))]
  const [chaosFailed, recoveryFailed] = [
    summed(seen.map((s) => s.chaosFailed)),
    summed(seen.map((s) => s.recoveryFailed)),
  ]
  const mostFailed = (n: number, failed: number): boolean =>
    n >= ENTRY_SAMPLES_MIN && failed >= FAILS_ANYWAY_SHARE * n
  return Uint8Array.from(chaos, (n, op) =>
    mostFailed(n, chaosFailed[op]) && mostFailed(recovery[op], recoveryFailed[op]) ? 1 : 0,
  )
}
