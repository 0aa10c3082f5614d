import { durationText, percentText } from '../../model/numbers.ts'
import type { Graph, GraphEdge, GraphNode, Mechanism, Step } from '../../model/result.ts'
import { calleeOf, callerOf } from '../assemble/edge-key.ts'
import { type Facts, nameOf } from '../findings/facts.ts'
import { type Harm, joinedHarms } from '../findings/harm-tallies.ts'
import { NEVER_TAKEN_RULE } from '../findings/lost-messages.ts'
import { whoFailsOtherwise } from '../findings/other-failures.ts'
import { MESSAGES_RULE } from '../findings/waiting-messages.ts'
import { hopsFrom } from './hops.ts'

/** From this share of calls on, an edge or service counts as failing or slower. */
const SHARE_MIN = 0.01
const USERS = 'users'

type Otherwise = ReturnType<typeof whoFailsOtherwise>

/** Who calls whom, and what the fault did to each; places come from the layout. */
export function graphOf(facts: Facts, steps: readonly Step[], mechanisms: readonly Mechanism[]): Graph {
  const { edges } = facts.tallies.harm
  const otherwise = whoFailsOtherwise(facts.tallies.harm.others)
  const nodes = nodesOf(facts, otherwise)
  const lines = [...edges]
    .map(([key, tally]) => lineOf(nameOf(facts, callerOf(key)), nameOf(facts, calleeOf(key)), tally, steps))
    .map((line) => withLateMessages(line, mechanisms))
  if (!nodes.some((n) => n.kind === 'user')) addUsers(facts, otherwise, nodes, lines, steps)
  const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
  return { w: 0, h: 0, nodes: nodes.sort(byId), edges: lines.sort(byId), collapsed: null }
}

function nodesOf(facts: Facts, otherwise: Otherwise): GraphNode[] {
  const { system, targets } = facts
  const { edges, services } = facts.tallies.harm
  const hops = hopsFrom(facts)
  const used = new Set([...edges.keys()].flatMap((key) => [callerOf(key), calleeOf(key)]))
  for (const s of services.keys()) used.add(s)
  return [...used].map((s) => {
    const { name, kind, hasSpans } = system.services[s]
    const harm = services.get(s)
    const left = harm === undefined ? 'steady' : stateOf(harm)
    const state = targets.has(s) ? 'origin' : !hasSpans && kind === 'external' ? 'silent' : left
    return {
      ...{ id: name, x: 0, y: 0, kind, state },
      hops: targets.size === 0 || hops[s] === 999 ? null : Math.max(0, Math.ceil(hops[s])),
      ...withOthers(state, otherwise.get(s)),
    }
  })
}

/** Traces often begin where users' requests arrive: they get a node all the same. */
function addUsers(
  { system, tallies }: Facts,
  otherwise: Otherwise,
  nodes: GraphNode[],
  lines: GraphEdge[],
  steps: readonly Step[],
): void {
  const byService = tallies.harm.entries
  if (byService.size === 0) return
  const state = stateOf(joinedHarms([...byService.values()]))
  const others = withOthers(state, otherwise.get(system.services.length))
  nodes.push({ id: USERS, x: 0, y: 0, kind: 'user', state, hops: null, ...others })
  for (const [s, tally] of byService) lines.push(lineOf(USERS, nameOf({ system }, s), tally, steps))
}

/** What the fault makes fail has a word already. */
function withOthers(
  state: GraphNode['state'],
  otherFailures: GraphNode['otherFailures'],
): Pick<GraphNode, 'otherFailures'> {
  return otherFailures !== undefined && (state === 'steady' || state === 'slower') ? { otherFailures } : {}
}

function stateOf(tally: Harm): GraphEdge['state'] {
  if (tally.failed >= 3 && tally.failed > SHARE_MIN * tally.calls) return 'failing'
  return tally.slower >= 3 && tally.slower > SHARE_MIN * tally.calls ? 'slower' : 'steady'
}

/** Who sends a message is answered before it lies. */
function withLateMessages(line: GraphEdge, mechanisms: readonly Mechanism[]): GraphEdge {
  const told = mechanisms.filter(({ caller, callee }) => `${caller}>${callee}` === line.id)
  const late = told.find(({ rule }) => rule.id === MESSAGES_RULE)
  const lost = told.find(({ rule }) => rule.id === NEVER_TAKEN_RULE)
  if (line.state === 'failing') return line
  if (lost !== undefined) return { ...line, state: 'failing', label: `${lost.facts[0].value} never taken up` }
  if (late === undefined) return line
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
