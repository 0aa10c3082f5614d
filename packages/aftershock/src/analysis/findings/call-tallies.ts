import { Phase } from '../assemble/phases.ts'
import { errorName } from '../calls/error-name.ts'
import { FAIL_NAMES, Fail } from '../calls/failure.ts'
import type { Told } from '../judge/told.ts'
import { type Distribution, joinedByKey, type Values, valuesByGroup } from '../numbers/distribution.ts'
import { addTo, summed } from '../numbers/sums.ts'
import { extraAttemptsAt, rejectedAfter } from './extra-attempts.ts'

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

/** `Times`: what a partition saw, or all of them together. */
export type CallTallies<Times = Distribution> = Counts & {
  /** What good calls took, by `op * 4 + phase`, ms; those of which there are some. */
  readonly okMs: ReadonlyMap<number, Times>
  /** Operation → what its errors of chaos and recovery are called → how many. */
  readonly types: ReadonlyMap<number, ReadonlyMap<string, number>>
}

type ErrorTypes = Map<number, Map<string, number>>

/** Counts a partition's calls, request by request. */
export class CallCounter {
  readonly #told: Told
  readonly #counts: Counts
  readonly #types: ErrorTypes = new Map()

  constructor(told: Told) {
    this.#told = told
    const zeros = (): Float64Array => new Float64Array(told.forest.ops.length * 4)
    this.#counts = { n: zeros(), errors: zeros(), retries: zeros(), first: zeros(), hidden: zeros() }
  }

  add(t: number): void {
    countIn(this.#told, t, this.#counts, this.#types)
  }

  tallies(): CallTallies<Values> {
    return { ...this.#counts, okMs: okTimes(this.#told, this.#counts), types: this.#types }
  }
}

function countIn(told: Told, t: number, counts: Counts, types: ErrorTypes): void {
  const { forest, fail, logical, phases, origins } = told
  const phase = phases.ofTrace[t]
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    if (forest.callee[p] === -1) continue
    const g = forest.op[p] * 4 + phase
    counts.n[g] += 1
    if (logical.attempt[p] === 1) counts.first[g] += 1
    counts.retries[g] += extraAttemptsAt(logical, p) + rejectedAfter(told, p)
    counts.hidden[g] += logical.inner.extra[p]
    if (fail[p] === Fail.ok) continue
    counts.errors[g] += 1
    if (phase === Phase.baseline) continue
    const type = typeOf(told, p, origins.as[p] || fail[p])
    const known = types.get(forest.op[p]) ?? new Map<string, number>()
    addTo(known, type)
    types.set(forest.op[p], known)
  }
}

function okTimes(told: Told, { n, errors }: Counts): ReadonlyMap<number, Values> {
  const { forest, phases } = told
  const starts = new Uint32Array(n.length + 1)
  for (let g = 0; g < n.length; g++) starts[g + 1] = starts[g] + n[g] - errors[g]
  const tookMs = new Float64Array(starts[n.length])
  const at = starts.slice()
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] !== Phase.none) putTimes(told, t, tookMs, at)
  }
  return valuesByGroup({ starts, values: tookMs })
}

function putTimes({ forest, fail, phases }: Told, t: number, tookMs: Float64Array, at: Uint32Array): void {
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    if (forest.callee[p] === -1 || fail[p] !== Fail.ok) continue
    tookMs[at[forest.op[p] * 4 + phases.ofTrace[t]]++] = (forest.end[p] - forest.start[p]) / 1e6
  }
}

function typeOf({ forest: { table, row } }: Told, p: number, as: number): string {
  const said = table.strings[table.errorType[row[p]]]
  if (said !== '') return errorName(said)
  if (table.httpStatus[row[p]] >= 400) return String(table.httpStatus[row[p]])
  return FAIL_NAMES[as] ?? 'timeout'
}

export function joinedCalls(seen: readonly CallTallies<Values>[]): CallTallies {
  const sum = (what: keyof Counts): Float64Array => summed(seen.map((s) => s[what]))
  const types = new Map<number, Map<string, number>>()
  for (const [op, names] of seen.flatMap((s) => [...s.types])) {
    const known = types.get(op) ?? new Map<string, number>()
    for (const [name, n] of names) addTo(known, name, n)
    types.set(op, known)
  }
  return {
    n: sum('n'),
    errors: sum('errors'),
    retries: sum('retries'),
    first: sum('first'),
    hidden: sum('hidden'),
    okMs: joinedByKey(seen.map((s) => s.okMs)),
    types,
  }
}
