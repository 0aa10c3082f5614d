import { Fail } from './failure.ts'
import type { Told } from './judge-steps.ts'
import { Phase } from './phases.ts'
import { grains } from './sums.ts'

/** Of the chaos window: how many there were, how many failed or became slower because of the fault, by how much. */
export type Harm = { calls: number; failed: number; slower: number; addedNs: number }

type ByKey = ReadonlyMap<number, Harm>

export type HarmTallies = {
  /** `caller * 65536 + callee`; also those that were called in other phases only. */
  readonly edges: ByKey
  /** Requests by service. */
  readonly services: ByKey
  /** Users' requests by the service that they arrive at, where traces begin with its answer. */
  readonly entries: ByKey
}

export function tallyHarm({ forest, phases, attribution, fail }: Told): HarmTallies {
  const edges = new Map<number, Harm>()
  const services = new Map<number, Harm>()
  const entries = new Map<number, Harm>()
  const count = (harm: Harm, p: number): void => {
    harm.calls += 1
    if (attribution.failed[p] === 1) harm.failed += 1
    const took = forest.end[p] - forest.start[p]
    if (fail[p] !== Fail.ok || took <= 1.5 * attribution.durationNs[p]) return
    harm.slower += 1
    harm.addedNs += grains(took - attribution.durationNs[p])
  }
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (phase === Phase.none) continue
    if (forest.callee[p] !== -1) {
      const harm = at(edges, forest.service[p] * 65536 + forest.callee[p])
      if (phase === Phase.chaos) count(harm, p)
    }
    if (forest.owner[p] === p) {
      const harm = at(services, forest.service[p])
      if (phase === Phase.chaos) count(harm, p)
    }
  }
  for (let t = 0; t < forest.traces; t++) {
    const entry = forest.entry[t]
    if (entry === -1 || phases.ofTrace[t] === Phase.none || forest.kind[entry] !== 2) continue
    const harm = at(entries, forest.service[entry])
    if (phases.ofTrace[t] === Phase.chaos) count(harm, entry)
  }
  return { edges, services, entries }
}

function at(harms: Map<number, Harm>, key: number): Harm {
  let harm = harms.get(key)
  if (harm === undefined) {
    harm = { calls: 0, failed: 0, slower: 0, addedNs: 0 }
    harms.set(key, harm)
  }
  return harm
}

export function joinedHarm(seen: readonly HarmTallies[]): HarmTallies {
  return {
    edges: joinedBy(seen.map((s) => s.edges)),
    services: joinedBy(seen.map((s) => s.services)),
    entries: joinedBy(seen.map((s) => s.entries)),
  }
}

function joinedBy(seen: readonly ByKey[]): ByKey {
  const all = new Map<number, Harm>()
  for (const [key, one] of seen.flatMap((s) => [...s])) {
    const harm = at(all, key)
    harm.calls += one.calls
    harm.failed += one.failed
    harm.slower += one.slower
    harm.addedNs += one.addedNs
  }
  return all
}
