import { durationText, percentText } from '../model/numbers.ts'
import type { Graph, GraphEdge, GraphNode, Mechanism, Step } from '../model/result.ts'
import { calleeOf, callerOf } from './edge-key.ts'
import { type Facts, nameOf } from './facts.ts'
import type { Harm } from './harm-tallies.ts'
import { hopsFrom } from './hops.ts'
import { MESSAGES_RULE } from './waiting-messages.ts'

/** From this share of calls on, an edge or service counts as failing or slower. */
const SHARE_MIN = 0.01
const USERS = 'users'

/** Who calls whom, and what the fault did to each; places come from the layout. */
export function graphOf(facts: Facts, steps: readonly Step[], mechanisms: readonly Mechanism[]): Graph {
  const { system, targets } = facts
  const { edges } = facts.tallies.harm
  const used = new Set<number>()
  for (const key of edges.keys()) {
    used.add(callerOf(key))
    used.add(calleeOf(key))
  }
  const states = new Map([...facts.tallies.harm.services].map(([s, harm]) => [s, stateOf(harm)]))
  const hops = hopsFrom(facts)
  for (const s of states.keys()) used.add(s)
  const nodes: GraphNode[] = [...used].map((s) => ({
    id: system.services[s].name,
    x: 0,
    y: 0,
    kind: system.services[s].kind,
    state: targets.has(s)
      ? 'origin'
      : !system.services[s].hasSpans && system.services[s].kind === 'external'
        ? 'silent'
        : (states.get(s) ?? 'steady'),
    hops: targets.size === 0 || hops[s] === 999 ? null : Math.max(0, Math.ceil(hops[s])),
  }))
  const lines = [...edges]
    .map(([key, tally]) => lineOf(nameOf(facts, callerOf(key)), nameOf(facts, calleeOf(key)), tally, steps))
    .map((line) => withLateMessages(line, mechanisms))
  if (!nodes.some((n) => n.kind === 'user')) addUsers(facts, nodes, lines, steps)
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
  return { w: 0, h: 0, nodes: nodes.sort(byId), edges: lines.sort(byId), collapsed: null }
}

/** Traces often begin where users' requests arrive: they get a node all the same. */
function addUsers(facts: Facts, nodes: GraphNode[], lines: GraphEdge[], steps: readonly Step[]): void {
  const byService = facts.tallies.harm.entries
  if (byService.size === 0) return
  nodes.push({ id: USERS, x: 0, y: 0, kind: 'user', state: 'steady', hops: null })
  for (const [s, tally] of byService) lines.push(lineOf(USERS, nameOf(facts, s), tally, steps))
}

function stateOf(tally: Harm): GraphEdge['state'] {
  if (tally.failed >= 3 && tally.failed > SHARE_MIN * tally.calls) return 'failing'
  return tally.slower >= 3 && tally.slower > SHARE_MIN * tally.calls ? 'slower' : 'steady'
}

/** Who sends a message is answered before it lies. */
function withLateMessages(line: GraphEdge, mechanisms: readonly Mechanism[]): GraphEdge {
  const late = mechanisms.find(
    ({ caller, callee, rule }) => rule.id === MESSAGES_RULE && `${caller}>${callee}` === line.id,
  )
  if (late === undefined || line.state === 'failing') return line
  return { ...line, state: 'slower', label: `+${late.facts[0].value}` }
}

function lineOf(from: string, to: string, tally: Harm, steps: readonly Step[]): GraphEdge {
  const state = stateOf(tally)
  const label =
    state === 'failing'
      ? `${percentText(tally.failed / tally.calls)} failed`
      : state === 'slower'
        ? `+${durationText(tally.addedNs / tally.slower / 1e6)}`
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
