import type { Chain, Step } from '../model/result.ts'
import { entryLabel } from './affected.ts'
import type { Facts } from './facts.ts'
import { Fail, SLOW_CALLEE } from './failure.ts'
import { Outcome } from './outcomes.ts'
import { Phase } from './phases.ts'
import type { StepPool } from './steps.ts'

type Cluster = { readonly outcome: Chain['outcome']; readonly entry: string; readonly traces: number[] }

const CHAINS_MAX = 8
/** A longer chain is not read: what fewest of its requests show is left out first. */
const STEPS_MAX = 7
const NAMES = new Map<number, Chain['outcome']>([
  [Outcome.failed, 'failed'],
  [Outcome.slow, 'slow'],
  [Outcome.absorbed, 'absorbed'],
])

/**
 * Attributed requests that took the same way from the fault to the user, with the same end, as one chain.
 * A step belongs to a chain when at least one in twenty of its requests shows it. A step's numbers are
 * those of the whole run, so that the same number stands everywhere.
 */
export function chainsOf(facts: Facts, pool: StepPool): readonly Chain[] {
  const clusters = [...clustersOf(facts).values()].sort(
    (a, b) =>
      rankOf(b.outcome) - rankOf(a.outcome) ||
      b.traces.length - a.traces.length ||
      (a.entry < b.entry ? -1 : 1),
  )
  const all = clusters.reduce((sum, c) => sum + c.traces.length, 0)
  return clusters
    .map((cluster) => ({
      share: Math.round((cluster.traces.length / all) * 1e4) / 1e4,
      count: cluster.traces.length,
      outcome: cluster.outcome,
      steps: stepsOf(cluster, pool),
    }))
    .filter((chain) => chain.steps.length > 1)
    .toSorted((a, b) => rankOf(b.outcome) - rankOf(a.outcome) || b.count - a.count)
    .slice(0, CHAINS_MAX)
}

/** What hurts users is told before what did not, whatever is more frequent. */
function rankOf(outcome: Chain['outcome']): number {
  return outcome === 'absorbed' ? 0 : 1
}

function clustersOf(facts: Facts): ReadonlyMap<string, Cluster> {
  const { forest, phases, outcomes } = facts
  const found: { trace: number; path: string; open: boolean }[] = []
  const counts = new Map<string, number>()
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] < Phase.chaos || outcomes.attributed[t] === 0) continue
    if (forest.entry[t] === -1) continue
    const { path, open } = pathOf(facts, forest.entry[t])
    const key = `${outcomes.outcome[t]} ${entryLabel(facts, forest.entry[t])} ${path}`
    found.push({ trace: t, path: key, open })
    if (!open) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const frequent = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key)
  const clusters = new Map<string, Cluster>()
  for (const { trace, path, open } of found) {
    // Where state cut the way short (an open breaker), the requests belong to those that opened it.
    const key = open ? (frequent.find((f) => f.startsWith(path)) ?? path) : path
    const outcome = NAMES.get(outcomes.outcome[trace]) ?? 'failed'
    const cluster = clusters.get(key) ?? {
      outcome,
      entry: entryLabel(facts, forest.entry[trace]),
      traces: [],
    }
    cluster.traces.push(trace)
    clusters.set(key, cluster)
  }
  return clusters
}

/** Services from the entry down to where the failure or the lost time began. */
function pathOf(facts: Facts, entry: number): { path: string; open: boolean } {
  const { forest, origins, fail } = facts
  const path: number[] = []
  let open = false
  for (let p = entry, depth = 0; p !== -1 && depth < 64; depth++) {
    if (path.at(-1) !== forest.service[p]) path.push(forest.service[p])
    const next = nextDown(facts, p)
    if (next === -1 && fail[p] !== Fail.ok) {
      open = origins.as[p] === Fail.rejected || origins.as[p] === Fail.shed
      const callee = forest.callee[p] === -1 ? origins.rejectedBy[p] : forest.callee[p]
      if (callee !== -1 && path.at(-1) !== callee) path.push(callee)
    }
    p = next
  }
  return { path: path.join('>'), open }
}

function nextDown(facts: Facts, p: number): number {
  const { forest, origins, fail } = facts
  if (fail[p] !== Fail.ok && origins.cause[p] !== -1) return origins.cause[p]
  if (fail[p] !== Fail.ok && origins.as[p] !== SLOW_CALLEE) return -1
  if (forest.callee[p] !== -1) return forest.server[p]
  return heaviest(facts, p)
}

/** The call of an owner that failed because of the fault, else the one that lost most time to it. */
function heaviest(facts: Facts, owner: number): number {
  const { forest, logical, attribution } = facts
  let best = -1
  let most = 1e5
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (call === owner) continue
    const lost = forest.end[call] - forest.start[call] - attribution.durationNs[call]
    const weight = attribution.failed[call] === 1 ? Number.MAX_VALUE : lost
    if (weight > most) [best, most] = [call, weight]
  }
  return best
}

function stepsOf(cluster: Cluster, pool: StepPool): readonly Step[] {
  const needed = Math.max(1, cluster.traces.length * 0.05)
  const counts = new Map<string, number>()
  for (const t of cluster.traces) {
    for (const id of pool.stepIdsOf(t)) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const shown = pool.steps.filter((s) => s.kind === 'inject' || (counts.get(s.id) ?? 0) >= needed)
  const inner = shown
    .filter((s) => s.kind !== 'inject' && s.kind !== 'user')
    .toSorted((a, b) => (counts.get(b.id) ?? 0) - (counts.get(a.id) ?? 0))
  const left = new Set(inner.slice(STEPS_MAX - 2))
  const chosen = shown.filter((s) => !left.has(s))
  const told = new Map(chosen.map((s, i) => [s.id, i]))
  const all = new Map(pool.steps.map((s) => [s.id, s]))
  return chosen.map((step, i) => ({ ...step, n: i + 1, causes: toldCauses(step, i, told, all, chosen[0]) }))
}

/** A cause that is left out is replaced by what caused it; the fault itself stands behind everything. */
function toldCauses(
  step: Step,
  at: number,
  told: ReadonlyMap<string, number>,
  all: ReadonlyMap<string, Step>,
  first: Step,
): readonly string[] {
  if (at === 0) return []
  const found = new Set<string>()
  const open = [...step.causes]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const place = told.get(id)
    if (place === undefined) open.push(...(all.get(id)?.causes ?? []))
    else if (place < at) found.add(id)
  }
  return found.size === 0 ? [first.id] : [...found].sort((a, b) => (told.get(a) ?? 0) - (told.get(b) ?? 0))
}
