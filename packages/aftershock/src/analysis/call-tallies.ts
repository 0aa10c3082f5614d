import { errorName } from './error-name.ts'
import { FAIL_NAMES, Fail } from './failure.ts'
import type { Told } from './judge-steps.ts'
import { Phase } from './phases.ts'
import { extraAttemptsAt } from './retries.ts'
import { mergedSamples, type Samples, samplesSeen, sortedSamples } from './samples.ts'
import { summed } from './sums.ts'

type Counts = {
  /** Calls by operation and phase: `op * 4 + phase`. */
  readonly n: Float64Array
  readonly errors: Float64Array
  /** Extra attempts; and first attempts. */
  readonly retries: Float64Array
  readonly first: Float64Array
  /** Attempts that share a span with another. */
  readonly hidden: Float64Array
}

export type CallTallies = Counts & {
  /** What good calls took, by `op * 4 + phase`, in order, ms. */
  readonly okMs: Samples
  /** Operation → what its errors of chaos and recovery are called → how many. */
  readonly types: ReadonlyMap<number, ReadonlyMap<string, number>>
}

export function tallyCalls(told: Told): CallTallies {
  const { forest, fail, logical, phases, origins } = told
  const groups = forest.ops.length * 4
  const zeros = (): Float64Array => new Float64Array(groups)
  const counts = { n: zeros(), errors: zeros(), retries: zeros(), first: zeros(), hidden: zeros() }
  const took = new Float64Array(forest.length).fill(Number.NaN)
  const group = new Uint32Array(forest.length)
  const types = new Map<number, Map<string, number>>()
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (forest.callee[p] === -1 || phase === Phase.none) continue
    const g = forest.op[p] * 4 + phase
    group[p] = g
    counts.n[g] += 1
    if (logical.attempt[p] === 1) counts.first[g] += 1
    counts.retries[g] += extraAttemptsAt(logical, p)
    counts.hidden[g] += logical.inner.extra[p]
    if (fail[p] === Fail.ok) {
      took[p] = (forest.end[p] - forest.start[p]) / 1e6
      continue
    }
    counts.errors[g] += 1
    if (phase === Phase.baseline) continue
    const type = typeOf(told, p, origins.as[p] || fail[p])
    const known = types.get(forest.op[p]) ?? new Map<string, number>()
    types.set(forest.op[p], known.set(type, (known.get(type) ?? 0) + 1))
  }
  return { ...counts, okMs: sortedSamples(samplesSeen(took, group, groups, () => true)), types }
}

function typeOf({ forest: { table, row } }: Told, p: number, as: number): string {
  const said = table.strings[table.errorType[row[p]]]
  if (said !== '') return errorName(said)
  if (table.httpStatus[row[p]] >= 400) return String(table.httpStatus[row[p]])
  return FAIL_NAMES[as] ?? 'timeout'
}

export function joinedCalls(seen: readonly CallTallies[]): CallTallies {
  const sum = (what: keyof Counts): Float64Array => summed(seen.map((s) => s[what]))
  const types = new Map<number, Map<string, number>>()
  for (const [op, names] of seen.flatMap((s) => [...s.types])) {
    const known = types.get(op) ?? new Map<string, number>()
    for (const [name, n] of names) known.set(name, (known.get(name) ?? 0) + n)
    types.set(op, known)
  }
  return {
    n: sum('n'),
    errors: sum('errors'),
    retries: sum('retries'),
    first: sum('first'),
    hidden: sum('hidden'),
    okMs: mergedSamples(seen.map((s) => s.okMs)),
    types,
  }
}
