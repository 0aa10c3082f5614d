import type { Chain, Step } from '../../model/result.ts'
import { entryLabel } from '../findings/affected.ts'
import type { Facts } from '../findings/facts.ts'
import type { RequestClass } from '../findings/request-classes.ts'
import { harmName } from '../judge/outcomes.ts'
import { addTo } from '../numbers/sums.ts'
import { countOf } from './entries.ts'
import type { StepPool } from './steps.ts'

type Cluster = {
  readonly outcome: Chain['outcome']
  readonly entry: string
  readonly requests: RequestClass[]
}

const CHAINS_MAX = 8
/** A longer chain is not read: what fewest of its requests show is left out first. */
const STEPS_MAX = 7

/**
 * Attributed requests that took the same way from the fault to the user, with the same end, as one chain.
 * A step belongs to a chain when at least one in twenty of its requests shows it. A step's numbers are
 * those of the whole run, so that the same number stands everywhere.
 */
export function chainsOf(facts: Facts, pool: StepPool): readonly Chain[] {
  const clusters = [...clustersOf(facts).values()].sort(
    (a, b) =>
      rankOf(b.outcome) - rankOf(a.outcome) ||
      countOf(b.requests) - countOf(a.requests) ||
      (a.entry < b.entry ? -1 : 1),
  )
  const all = clusters.reduce((sum, c) => sum + countOf(c.requests), 0)
  return clusters
    .map((cluster) => ({
      share: Math.round((countOf(cluster.requests) / all) * 1e4) / 1e4,
      count: countOf(cluster.requests),
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
  const found: { request: RequestClass; path: string }[] = []
  const counts = new Map<string, number>()
  for (const request of facts.digest.classes) {
    if (request.path.length === 0) continue
    const path = `${request.outcome} ${entryLabel(facts, request.asked)} ${request.path.join('>')}`
    found.push({ request, path })
    if (!request.isOpen) addTo(counts, path, request.n)
  }
  const frequent = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([key]) => key)
  const clusters = new Map<string, Cluster>()
  for (const { request, path } of found.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    // Where state cut the way short (an open breaker), the requests belong to those that opened it.
    const key = request.isOpen ? (frequent.find((f) => f.startsWith(path)) ?? path) : path
    const cluster = clusters.get(key) ?? {
      outcome: harmName(request.outcome),
      entry: entryLabel(facts, request.asked),
      requests: [],
    }
    cluster.requests.push(request)
    clusters.set(key, cluster)
  }
  return clusters
}

function stepsOf(cluster: Cluster, pool: StepPool): readonly Step[] {
  const needed = Math.max(1, countOf(cluster.requests) * 0.05)
  const counts = new Map<string, number>()
  for (const request of cluster.requests) {
    for (const id of pool.stepIdsOf(request)) addTo(counts, id, request.n)
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
