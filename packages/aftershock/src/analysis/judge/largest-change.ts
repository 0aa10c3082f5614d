import type { SpanTable } from '../../model/span-table.ts'

export type Change = {
  /** ns since epoch, to the second. */
  readonly atNs: bigint
  readonly errorShareBefore: number
  readonly errorShareAfter: number
  readonly meanMsBefore: number
  readonly meanMsAfter: number
}

type Second = { n: number; errors: number; totalMs: number }

/** Seconds on each side that must exist before a change is believed. */
const sideSecondsMin = 5
const sideSecondsMax = 60

/**
 * The second at which traces changed most, by errors first and then by time taken: a hint for people who gave
 * no fault window, never a finding.
 */
export function largestChange(table: SpanTable): Change | undefined {
  const seconds = secondsOf(table)
  const keys = [...seconds.keys()].sort((a, b) => a - b)
  const [first, last] = [keys[0], keys.at(-1)]
  if (first === undefined || last === undefined || last - first < 2 * sideSecondsMin) return undefined
  let best: { readonly second: number; readonly score: number; readonly change: Change } | undefined
  for (let at = first + sideSecondsMin; at <= last - sideSecondsMin; at++) {
    const before = sumOf(seconds, Math.max(first, at - sideSecondsMax), at)
    const after = sumOf(seconds, at, Math.min(last + 1, at + sideSecondsMax))
    if (before.n === 0 || after.n === 0) continue
    const change: Change = {
      atNs: table.epochNs + BigInt(at) * 1_000_000_000n,
      errorShareBefore: before.errors / before.n,
      errorShareAfter: after.errors / after.n,
      meanMsBefore: before.totalMs / before.n,
      meanMsAfter: after.totalMs / after.n,
    }
    const score = scoreOf(change, Math.min(before.n, after.n))
    if (best === undefined || score > best.score) best = { second: at, score, change }
  }
  return best?.change
}

function scoreOf(change: Change, n: number): number {
  const errors = Math.max(0, change.errorShareAfter - change.errorShareBefore)
  const time = Math.max(0, Math.log((change.meanMsAfter + 1) / (change.meanMsBefore + 1)))
  return (4 * errors + time) * Math.sqrt(n)
}

/** Roots by the second in which they began. */
function secondsOf(table: SpanTable): ReadonlyMap<number, Second> {
  const seconds = new Map<number, Second>()
  for (let row = 0; row < table.length; row++) {
    if (table.parentWords[row * 2] !== 0 || table.parentWords[row * 2 + 1] !== 0) continue
    const key = Math.floor(table.startNs[row] / 1e9)
    const second = seconds.get(key) ?? { n: 0, errors: 0, totalMs: 0 }
    second.n += 1
    second.totalMs += table.durationNs[row] / 1e6
    if (table.status[row] === 2 || table.httpStatus[row] >= 500) second.errors += 1
    seconds.set(key, second)
  }
  return seconds
}

function sumOf(seconds: ReadonlyMap<number, Second>, from: number, to: number): Second {
  const sum: Second = { n: 0, errors: 0, totalMs: 0 }
  for (let at = from; at < to; at++) {
    const second = seconds.get(at)
    if (second === undefined) continue
    sum.n += second.n
    sum.errors += second.errors
    sum.totalMs += second.totalMs
  }
  return sum
}
