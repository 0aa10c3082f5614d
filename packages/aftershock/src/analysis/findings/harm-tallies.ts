import { SERVER } from '../../model/span-kind.ts'
import { edgeKey } from '../assemble/edge-key.ts'
import { Phase } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { Because } from '../judge/counterfactual.ts'
import type { Told } from '../judge/told.ts'
import { grains } from '../numbers/sums.ts'
import { joinedOtherFailures, noOtherFailures, noteRequest, type OtherFailures } from './other-failures.ts'

/** Of the chaos window: how many there were, how many failed or became slower because of the fault, by how much. */
export type Harm = { calls: number; failed: number; slower: number; addedNs: number }

type ByKey = ReadonlyMap<number, Harm>

export type HarmTallies = {
  /** `edgeKey`; also those that were called in other phases only. */
  readonly edges: ByKey
  /** Requests by service. */
  readonly services: ByKey
  /** Users' requests by the service that they arrive at, where traces begin with its answer. */
  readonly entries: ByKey
  readonly others: OtherFailures
}

/** Counts a partition's harm, request by request. */
export class HarmCounter {
  readonly #told: Told
  readonly #calls: Harms
  readonly #services: Harms
  readonly #entries: Harms
  readonly #others: OtherFailures

  constructor(told: Told) {
    const { ops, services } = told.forest
    this.#told = told
    this.#calls = ops.map(() => undefined)
    this.#services = services.map(() => undefined)
    this.#entries = services.map(() => undefined)
    this.#others = noOtherFailures(services.length)
  }

  add(t: number): void {
    const { forest, phases } = this.#told
    countTrace(this.#told, t, this.#calls, this.#services, this.#others)
    const entry = forest.entry[t]
    if (entry === -1 || forest.kind[entry] !== SERVER) return
    const harm = at(this.#entries, forest.service[entry])
    if (phases.ofTrace[t] === Phase.chaos) count(this.#told, harm, entry)
    noteOther(this.#told, this.#others, forest.services.length, entry, phases.ofTrace[t])
  }

  tallies(): HarmTallies {
    const { ops } = this.#told.forest
    const edges = new Map<number, Harm>()
    for (const [op, harm] of this.#calls.entries()) {
      const { service, callee } = ops[op]
      if (harm !== undefined) addTo(edges, edgeKey(service, callee), harm)
    }
    return {
      edges,
      services: byNumber(this.#services),
      entries: byNumber(this.#entries),
      others: this.#others,
    }
  }
}

/** By operation, or by service. */
type Harms = (Harm | undefined)[]

function countTrace(told: Told, t: number, calls: Harms, services: Harms, others: OtherFailures): void {
  const { forest, phases } = told
  const isInChaos = phases.ofTrace[t] === Phase.chaos
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    if (forest.callee[p] !== -1) {
      const harm = at(calls, forest.op[p])
      if (isInChaos) count(told, harm, p)
    }
    if (forest.owner[p] === p) {
      const harm = at(services, forest.service[p])
      if (isInChaos) count(told, harm, p)
      noteOther(told, others, forest.service[p], p, phases.ofTrace[t])
    }
  }
}

function noteOther(
  { attribution, fail }: Told,
  of: OtherFailures,
  i: number,
  p: number,
  phase: number,
): void {
  noteRequest(of, i, phase, fail[p] === Fail.ok || attribution.failed[p] === Because.hit ? 0 : 1)
}

function count({ forest, attribution, fail }: Told, harm: Harm, p: number): void {
  harm.calls += 1
  if (attribution.failed[p] === Because.hit) harm.failed += 1
  const took = forest.end[p] - forest.start[p]
  if (fail[p] !== Fail.ok || took <= 1.5 * attribution.durationNs[p]) return
  harm.slower += 1
  harm.addedNs += grains(took - attribution.durationNs[p])
}

function at(harms: Harms, i: number): Harm {
  let harm = harms[i]
  if (harm === undefined) {
    harm = { calls: 0, failed: 0, slower: 0, addedNs: 0 }
    harms[i] = harm
  }
  return harm
}

function byNumber(harms: Harms): ByKey {
  return new Map(harms.flatMap((harm, i) => (harm === undefined ? [] : [[i, harm]])))
}

export function joinedHarm(seen: readonly HarmTallies[]): HarmTallies {
  return {
    edges: joinedBy(seen.map((s) => s.edges)),
    services: joinedBy(seen.map((s) => s.services)),
    entries: joinedBy(seen.map((s) => s.entries)),
    others: joinedOtherFailures(seen.map((s) => s.others)),
  }
}

function joinedBy(seen: readonly ByKey[]): ByKey {
  const all = new Map<number, Harm>()
  for (const [key, one] of seen.flatMap((s) => [...s])) addTo(all, key, one)
  return all
}

function addTo(all: Map<number, Harm>, key: number, one: Harm): void {
  const known = all.get(key)
  all.set(key, known === undefined ? { ...one } : joinedHarms([known, one]))
}

export function joinedHarms(list: readonly Harm[]): Harm {
  const sum = (what: keyof Harm): number => list.reduce((n, one) => n + one[what], 0)
  return { calls: sum('calls'), failed: sum('failed'), slower: sum('slower'), addedNs: sum('addedNs') }
}
