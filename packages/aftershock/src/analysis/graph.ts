import type { Graph, GraphEdge, GraphNode, Step } from '../model/result.ts'
import { type Facts, nameOf } from './facts.ts'
import { Fail } from './failure.ts'
import { hopsFrom } from './hops.ts'
import { percent } from './occurrences.ts'
import { Phase } from './phases.ts'
import { formatMs } from './timeouts.ts'

type Tally = { calls: number; failed: number; slower: number; addedNs: number }

/** From this share of calls on, an edge or service counts as failing or slower. */
const SHARE_MIN = 0.01
const USERS = 'users'

/** Who calls whom, and what the fault did to each; places come from the layout. */
export function graphOf(facts: Facts, steps: readonly Step[]): Graph {
  const { forest, targets } = facts
  const edges = tallies(facts)
  const used = new Set<number>()
  for (const key of edges.keys()) {
    used.add(Math.floor(key / 65536))
    used.add(key % 65536)
  }
  const states = nodeStates(facts)
  const hops = hopsFrom(facts)
  for (const s of states.keys()) used.add(s)
  const nodes: GraphNode[] = [...used].map((s) => ({
    id: forest.services[s].name,
    x: 0,
    y: 0,
    kind: forest.services[s].kind,
    state: targets.has(s)
      ? 'origin'
      : !forest.services[s].hasSpans && forest.services[s].kind === 'external'
        ? 'silent'
        : (states.get(s) ?? 'steady'),
    hops: targets.size === 0 || hops[s] === 999 ? null : Math.max(0, Math.ceil(hops[s])),
  }))
  const lines = [...edges].map(([key, tally]) =>
    lineOf(nameOf(facts, Math.floor(key / 65536)), nameOf(facts, key % 65536), tally, steps),
  )
  if (!nodes.some((n) => n.kind === 'user')) addUsers(facts, nodes, lines, steps)
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
  return { w: 0, h: 0, nodes: nodes.sort(byId), edges: lines.sort(byId), collapsed: null }
}

/** Traces often begin where users' requests arrive: they get a node all the same. */
function addUsers(facts: Facts, nodes: GraphNode[], lines: GraphEdge[], steps: readonly Step[]): void {
  const { forest, phases, attribution, fail } = facts
  const byService = new Map<number, Tally>()
  for (let t = 0; t < forest.traces; t++) {
    const entry = forest.entry[t]
    if (entry === -1 || phases.ofTrace[t] === Phase.none || forest.kind[entry] !== 2) continue
    const tally = byService.get(forest.service[entry]) ?? { calls: 0, failed: 0, slower: 0, addedNs: 0 }
    byService.set(forest.service[entry], tally)
    if (phases.ofTrace[t] === Phase.chaos) count(tally, facts, entry, attribution.failed[entry], fail[entry])
  }
  if (byService.size === 0) return
  nodes.push({ id: USERS, x: 0, y: 0, kind: 'user', state: 'steady', hops: null })
  for (const [s, tally] of byService) lines.push(lineOf(USERS, nameOf(facts, s), tally, steps))
}

function count(tally: Tally, facts: Facts, p: number, failed: number, fail: number): void {
  const { forest, attribution } = facts
  tally.calls += 1
  if (failed === 1) tally.failed += 1
  const took = forest.end[p] - forest.start[p]
  if (fail !== Fail.ok || took <= 1.5 * attribution.durationNs[p]) return
  tally.slower += 1
  tally.addedNs += took - attribution.durationNs[p]
}

function tallies(facts: Facts): ReadonlyMap<number, Tally> {
  const { forest, phases, attribution, fail } = facts
  const edges = new Map<number, Tally>()
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (forest.callee[p] === -1 || phase === Phase.none) continue
    const key = forest.service[p] * 65536 + forest.callee[p]
    let tally = edges.get(key)
    if (tally === undefined) {
      tally = { calls: 0, failed: 0, slower: 0, addedNs: 0 }
      edges.set(key, tally)
    }
    if (phase === Phase.chaos) count(tally, facts, p, attribution.failed[p], fail[p])
  }
  return edges
}

function stateOf(tally: Tally): GraphEdge['state'] {
  if (tally.failed >= 3 && tally.failed > SHARE_MIN * tally.calls) return 'failing'
  return tally.slower >= 3 && tally.slower > SHARE_MIN * tally.calls ? 'slower' : 'steady'
}

function lineOf(from: string, to: string, tally: Tally, steps: readonly Step[]): GraphEdge {
  const state = stateOf(tally)
  const label =
    state === 'failing'
      ? `${percent(tally.failed / tally.calls)} failed`
      : state === 'slower'
        ? `+${formatMs(tally.addedNs / tally.slower / 1e6)}`
        : ''
  const id = `${from}>${to}`
  return {
    id,
    from,
    to,
    pts: [],
    state,
    label,
    stepIds: steps.filter((s) => s.where.edge === id).map((s) => s.id),
  }
}

function nodeStates(facts: Facts): ReadonlyMap<number, GraphEdge['state']> {
  const { forest, phases, attribution, fail } = facts
  const found = new Map<number, Tally>()
  for (let p = 0; p < forest.length; p++) {
    if (forest.owner[p] !== p || phases.ofTrace[forest.trace[p]] === Phase.none) continue
    let tally = found.get(forest.service[p])
    if (tally === undefined) {
      tally = { calls: 0, failed: 0, slower: 0, addedNs: 0 }
      found.set(forest.service[p], tally)
    }
    if (phases.ofTrace[forest.trace[p]] === Phase.chaos)
      count(tally, facts, p, attribution.failed[p], fail[p])
  }
  return new Map([...found].map(([s, tally]) => [s, stateOf(tally)]))
}
