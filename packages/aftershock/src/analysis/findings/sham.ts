import { percentText } from '../../model/numbers.ts'
import type { QualityNote } from '../../model/result.ts'
import { hexOf } from '../../model/trace-ids.ts'
import { Phase } from '../assemble/phases.ts'
import type { Traced } from '../calls/traced.ts'
import { Outcome } from '../judge/outcomes.ts'
import type { Told } from '../judge/told.ts'
import { picked } from '../numbers/filled.ts'
import type { FirstRequests } from './digest.ts'
import type { Facts } from './facts.ts'
import { plural } from './occurrences.ts'

/** The same analysis over a window in which nothing was injected: the second half of the baseline. */
export type ShamControl = {
  readonly requests: number
  /** Requests that were attributed although there was nothing to attribute them to. */
  readonly attributed: number
  readonly note: QualityNote
}

const REQUESTS_MIN = 200
/** Of a longer baseline its first requests are taken: this many tell the rate well enough, whatever the load. */
export const REQUESTS_MAX = 4000

/** A request's place in time: by first start, then by trace id. */
type Moment = { readonly firstNs: number; readonly traceId: string }

/** The first requests of the baseline, cut in two. */
export type ShamCut = {
  /** The first request of the second half, and the last one. */
  readonly middle: Moment
  readonly last: Moment
  /** Of each half, ns. */
  readonly halfNs: number
}

/** A partition's first requests of the baseline: as many as could be the first of all. */
export function firstRequests({ forest, phases }: Told): FirstRequests {
  const traces: number[] = []
  let all = 0
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] !== Phase.baseline) continue
    all += 1
    if (traces.length < REQUESTS_MAX) traces.push(t)
  }
  const traceIds = new Uint8Array(traces.length * 16)
  for (const [i, t] of traces.entries()) {
    const from = forest.row[forest.traceStart[t]] * 16
    traceIds.set(forest.table.traceIds.subarray(from, from + 16), i * 16)
  }
  return {
    all,
    first: picked(forest.traceFirst, traces),
    traceIds,
  }
}

/** Undefined when the baseline is too short to be cut in two. */
export function shamCut({ digest, phases, targets }: Facts): ShamCut | undefined {
  const { all, first, traceIds } = digest.baseline
  const n = Math.min(REQUESTS_MAX, first.length)
  if (n < REQUESTS_MIN * 2 || targets.size === 0) return undefined
  const momentOf = (i: number): Moment => ({ firstNs: first[i], traceId: hexOf(traceIds, i * 16, 16) })
  return {
    middle: momentOf(Math.ceil(n / 2)),
    last: momentOf(n - 1),
    halfNs: (phases.lengthNs[Phase.baseline] * n) / all / 2,
  }
}

/** A partition's part of the cut: the first half is its baseline, the second what is taken for the fault. */
export function halved(told: Told, { middle, last, halfNs }: ShamCut): Traced {
  const { forest, fail, logical, hidden, origins, phases, leftOut } = told
  const compareTo = (t: number, moment: Moment): number => {
    const by = forest.traceFirst[t] - moment.firstNs
    if (by !== 0) return by
    const id = hexOf(forest.table.traceIds, forest.row[forest.traceStart[t]] * 16, 16)
    return id < moment.traceId ? -1 : id > moment.traceId ? 1 : 0
  }
  let traces = 0
  while (traces < forest.traces && forest.traceFirst[traces] <= last.firstNs) traces += 1
  const ofTrace = new Uint8Array(traces)
  for (let t = 0; t < traces; t++) {
    if (phases.ofTrace[t] !== Phase.baseline) continue
    if (compareTo(t, last) > 0) continue
    ofTrace[t] = compareTo(t, middle) < 0 ? Phase.baseline : Phase.chaos
  }
  const n = forest.traceStart[traces]
  // Positions and traces are numbered by time, so nothing is copied.
  return {
    forest: {
      ...firstOf(forest, forest.length, n),
      length: n,
      traces,
      entry: forest.entry.subarray(0, traces),
      traceFirst: forest.traceFirst.subarray(0, traces),
      traceStart: forest.traceStart.subarray(0, traces + 1),
    },
    fail: fail.subarray(0, n),
    logical: {
      ...firstOf(logical, forest.length, n),
      inner: firstOf(logical.inner, forest.length, n),
      callStart: logical.callStart.subarray(0, n + 1),
    },
    origins: firstOf(origins, forest.length, n),
    hidden: firstOf(hidden, forest.length, n),
    leftOut,
    phases: {
      ofTrace,
      baseline: [],
      chaos: [{ from: middle.firstNs, to: last.firstNs }],
      recovery: [],
      lengthNs: [0, halfNs, halfNs, 0],
    },
  }
}

/** The first `n` of each column of a number of positions. */
function firstOf<T extends object>(columns: T, positions: number, n: number): T {
  // A copy that is written over has the same shape to the compiler.
  const first = { ...columns } as Record<string, unknown>
  for (const [name, value] of Object.entries(first))
    if (isColumn(value) && value.length === positions) first[name] = value.subarray(0, n)
  return first as T
}

function isColumn(value: unknown): value is Uint8Array {
  return typeof value === 'object' && value !== null && typeof (value as Uint8Array).subarray === 'function'
}

/** Requests of the second half, and those that would have been laid to the fault. */
export type ShamSeen = { readonly requests: number; readonly attributed: number }

export function shamSeen({ phases, outcomes: { outcome, attributed } }: Told): ShamSeen {
  let [requests, hits] = [0, 0]
  for (const [t, phase] of phases.ofTrace.entries()) {
    if (phase !== Phase.chaos) continue
    requests += 1
    if (attributed[t] === 1 && (outcome[t] === Outcome.failed || outcome[t] === Outcome.slow)) hits += 1
  }
  return { requests, attributed: hits }
}

export function shamControl(seen: readonly ShamSeen[]): ShamControl {
  const requests = seen.reduce((n, s) => n + s.requests, 0)
  const attributed = seen.reduce((n, s) => n + s.attributed, 0)
  const share = attributed / requests
  return {
    requests,
    attributed,
    note: {
      level: share > 0.01 ? 'warn' : 'info',
      id: 'sham-control',
      count: attributed,
      text: `Control: with the second half of the baseline taken for the fault, ${attributed} of ${plural(requests, 'request')} (${percentText(share)}) would have been laid to it.`,
    },
  }
}
