import { chaosEndOf, Phase } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { Because } from '../judge/counterfactual.ts'
import type { Told } from '../judge/told.ts'
import { waitLaidToFault } from '../judge/waits-laid.ts'
import { lowerBound } from '../numbers/lower-bound.ts'
import { mergedRuns } from '../numbers/merge-runs.ts'
import { joined } from '../numbers/samples.ts'
import { summed } from '../numbers/sums.ts'

/** Requests that were bad because of the fault: of a service, or of users. */
export type BadWork = {
  /** The latest end, and the latest start, of those begun before the fault ended, ns; −∞ of none. */
  readonly endNs: number
  readonly startNs: number
  /** Start, end and 1 for failed, else 0, of each begun after; by start and end. */
  readonly after: Float64Array
}

/** The same while a partition looks for them. */
export type BadSeeking = { endNs: number; startNs: number; readonly after: number[] }

export function badSeeking(): BadSeeking {
  return { endNs: Number.NEGATIVE_INFINITY, startNs: Number.NEGATIVE_INFINITY, after: [] }
}

export function noteBad(
  of: BadSeeking,
  chaosEndNs: number,
  startNs: number,
  endNs: number,
  failed: 0 | 1,
): void {
  if (startNs >= chaosEndNs) of.after.push(startNs, endNs, failed)
  else {
    of.startNs = Math.max(of.startNs, startNs)
    of.endNs = Math.max(of.endNs, endNs)
  }
}

export function badWorkOf({ endNs, startNs, after }: BadSeeking): BadWork {
  return { endNs, startNs, after: inOrder(after) }
}

export function joinedBad(seen: readonly BadWork[]): BadWork {
  return {
    endNs: Math.max(...seen.map((s) => s.endNs)),
    startNs: Math.max(...seen.map((s) => s.startNs)),
    after: merged(seen.map((s) => s.after)),
  }
}

/** Service → its bad requests of chaos and recovery; services without are left out. */
export type WorkTallies = ReadonlyMap<number, BadWork>

/** Looks for a partition's, request by request. */
export class WorkSeeker {
  readonly #told: Told
  readonly #chaosEndNs: number
  readonly #found: (BadSeeking | undefined)[]

  constructor(told: Told) {
    this.#told = told
    this.#chaosEndNs = chaosEndOf(told.phases)
    this.#found = told.forest.services.map(() => undefined)
  }

  add(t: number): void {
    if (this.#told.phases.ofTrace[t] >= Phase.chaos) noteWork(this.#told, t, this.#chaosEndNs, this.#found)
  }

  tallies(): WorkTallies {
    return new Map(this.#found.flatMap((one, s) => (one === undefined ? [] : [[s, badWorkOf(one)]])))
  }
}

function noteWork(told: Told, t: number, chaosEndNs: number, found: (BadSeeking | undefined)[]): void {
  const { forest, fail, attribution, parts, sites } = told
  const { owner, service, start, end, op } = forest
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    if (owner[p] !== p) continue
    const took = end[p] - start[p]
    const isGood = fail[p] === Fail.ok
    const isBad = isGood
      ? took > 2 * attribution.durationNs[p] && !(took <= parts.typicalHigh[op[p]])
      : attribution.failed[p] === Because.hit
    const isLate = !isBad && waitLaidToFault(sites, attribution, p) !== undefined
    if (!isBad && !isLate) continue
    const known = found[service[p]] ?? badSeeking()
    found[service[p]] = known
    // Of a message that lay too long it is over once it is taken up.
    noteBad(known, chaosEndNs, start[p], isLate ? start[p] : end[p], isGood ? 0 : 1)
  }
}

/** Of which services, and of which operations that users ask for, it is asked how many requests began before instants. */
export type RanksAsked = {
  /** Instants in order, each once, ns. */
  readonly services: ReadonlyMap<number, Float64Array>
  readonly asked: ReadonlyMap<number, Float64Array>
}

/** Requests of chaos and recovery that began before each instant, and those that began up to it. */
export type Ranks = { readonly before: Float64Array; readonly upTo: Float64Array }

export type RanksSeen = {
  readonly services: ReadonlyMap<number, Ranks>
  readonly asked: ReadonlyMap<number, Ranks>
}

type Ranking = Ranks & { readonly at: Float64Array }

/** @param askedAt - what a request with this entry asked for */
export function ranksSeen(
  { forest, phases }: Told,
  wanted: RanksAsked,
  askedAt: (entry: number) => number,
): RanksSeen {
  const services = rankings(wanted.services)
  const asked = rankings(wanted.asked)
  if (services.size + asked.size === 0) return { services, asked }
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] < Phase.chaos) continue
    const entry = forest.entry[t]
    const users = entry === -1 ? undefined : asked.get(askedAt(entry))
    if (users !== undefined) rank(users, forest.start[entry])
    if (services.size === 0) continue
    for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
      const own = forest.owner[p] === p ? services.get(forest.service[p]) : undefined
      if (own !== undefined) rank(own, forest.start[p])
    }
  }
  for (const { before, upTo } of [...services.values(), ...asked.values()]) {
    for (let i = 1; i < before.length; i++) {
      before[i] += before[i - 1]
      upTo[i] += upTo[i - 1]
    }
  }
  return { services, asked }
}

function rankings(wanted: ReadonlyMap<number, Float64Array>): ReadonlyMap<number, Ranking> {
  const zeros = (at: Float64Array): Float64Array => new Float64Array(at.length)
  return new Map([...wanted].map(([key, at]) => [key, { at, before: zeros(at), upTo: zeros(at) }]))
}

/** Counts it at the first instant that is after it, and at the first that is not before it. */
function rank({ at, before, upTo }: Ranking, start: number): void {
  const i = lowerBound(at, start)
  if (i < at.length) upTo[i] += 1
  const after = at[i] === start ? i + 1 : i
  if (after < at.length) before[after] += 1
}

export function joinedRanks(seen: readonly RanksSeen[]): RanksSeen {
  const joinedBy = (what: keyof RanksSeen): ReadonlyMap<number, Ranks> =>
    new Map(
      [...(seen[0]?.[what].keys() ?? [])].map((key) => {
        const all = seen.flatMap((s) => s[what].get(key) ?? [])
        return [key, { before: summed(all.map((s) => s.before)), upTo: summed(all.map((s) => s.upTo)) }]
      }),
    )
  return { services: joinedBy('services'), asked: joinedBy('asked') }
}

/** Start, end and kind of each, by start and end. */
function inOrder(bad: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: bad.length / 3 }, (_, i) => 3 * i).sort(
    (a, b) => bad[a] - bad[b] || bad[a + 1] - bad[b + 1] || bad[a + 2] - bad[b + 2],
  )
  return triplesAt(bad, order)
}

function triplesAt(bad: ArrayLike<number>, order: Uint32Array): Float64Array {
  const triples = new Float64Array(bad.length)
  for (let i = 0; i < order.length; i++) {
    for (let k = 0; k < 3; k++) triples[3 * i + k] = bad[order[i] + k]
  }
  return triples
}

function merged(lists: readonly Float64Array[]): Float64Array {
  const bad = joined(lists)
  const isAfter = (a: number, b: number): boolean =>
    (bad[3 * a] - bad[3 * b] || bad[3 * a + 1] - bad[3 * b + 1] || bad[3 * a + 2] - bad[3 * b + 2]) > 0
  const order = mergedRuns(
    lists.map((list) => list.length / 3),
    isAfter,
  )
  return triplesAt(
    bad,
    order.map((i) => 3 * i),
  )
}
