import { Graph as DagreGraph, layout } from '@dagrejs/dagre'
import { ascending } from '../../model/order.ts'
import type { Graph, GraphEdge, GraphNode } from '../../model/result.ts'

/** A node without a place yet. */
export type UnplacedNode = Omit<GraphNode, 'x' | 'y' | 'hidden'>
/** An edge without a line yet. */
export type UnplacedEdge = Omit<GraphEdge, 'pts'>

export type GraphLimits = {
  /** Above this many nodes the ones that the fault did not reach are folded into `collapsed`. */
  readonly nodesMax: number
  /** Of those that it reached, and their neighbours, so many are shown: nobody reads more, and places for a thousand take minutes. */
  readonly reachedMax: number
}

/** Size of a node's box in the graph's own units; the drawing uses the same (`packages/web`). */
export const NODE_WIDTH = 120
export const NODE_HEIGHT = 44
const MARGIN = 6
const DEFAULT_LIMITS: GraphLimits = { nodesMax: 25, reachedMax: 60 }

/**
 * Gives every service a place, callers on the left of what they call, so that the same graph looks the
 * same in every phase, run and output.
 *
 * Coordinates are the middle of a box, in units of about a CSS pixel; `w` and `h` hold all boxes and
 * lines, so nothing is clipped when they become the view box. Edges to nodes that do not exist are left
 * out. Equal input gives equal output: order in does not matter.
 */
export function layOutGraph(
  nodes: readonly UnplacedNode[],
  edges: readonly UnplacedEdge[],
  limits: GraphLimits = DEFAULT_LIMITS,
): Graph {
  const sorted = [...nodes].sort(ascending((one) => one.id))
  const shown = nodesShown(sorted, edges, limits)
  const names = sorted.filter((node) => !shown.has(node.id)).map((node) => node.id)
  const kept = edges
    .filter((edge) => shown.has(edge.from) && shown.has(edge.to))
    .sort(ascending((one) => one.id))

  const graph = new DagreGraph({ multigraph: true })
  graph.setGraph({
    rankdir: 'LR',
    nodesep: 20,
    ranksep: gapFor(kept),
    edgesep: 10,
    marginx: MARGIN,
    marginy: MARGIN,
  })
  for (const node of sorted)
    if (shown.has(node.id)) graph.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT })
  // A call to oneself has no place between ranks; it is drawn as nothing but kept in the list.
  for (const edge of kept) {
    if (edge.from !== edge.to) graph.setEdge(edge.from, edge.to, { weight: weightOf(edge) }, edge.id)
  }
  if (shown.size > 0) layout(graph)

  const placed = graph.graph() as { readonly width?: number; readonly height?: number }
  return {
    w: Math.ceil(finite(placed.width)),
    h: Math.ceil(finite(placed.height)),
    nodes: sorted.filter((node) => shown.has(node.id)).map((node) => placedNode(node, graph)),
    edges: kept.map((edge) => ({ ...edge, pts: pointsOf(edge, graph) })),
    collapsed: names.length === 0 ? null : { count: names.length, names },
  }
}

/** Room between two ranks for the longest label, so that none lies on a box. */
function gapFor(edges: readonly UnplacedEdge[]): number {
  const longest = Math.max(0, ...edges.map((edge) => edge.label.length))
  return Math.min(90, Math.max(38, longest * 6 + 12))
}

/** Straight lines along the way of the failure. */
function weightOf(edge: UnplacedEdge): number {
  return edge.state === 'failing' ? 8 : edge.state === 'slower' ? 4 : 1
}

/** All nodes while there are few; else the affected ones, those near the fault first, and their neighbours. */
function nodesShown(
  nodes: readonly UnplacedNode[],
  edges: readonly UnplacedEdge[],
  limits: GraphLimits,
): ReadonlySet<string> {
  if (nodes.length <= limits.nodesMax) return new Set(nodes.map((node) => node.id))
  const users = nodes.filter((node) => node.kind === 'user')
  const affected = nodes
    .filter((node) => node.state !== 'steady' || node.otherFailures !== undefined)
    .toSorted(nearestFirst)
  // Nothing was affected: the first ones are better than an empty picture.
  if (affected.length === 0) return idsOf([...nodes.slice(0, limits.nodesMax), ...users])
  const kept = idsOf(affected.slice(0, limits.reachedMax))
  const neighbours = new Set(
    edges.flatMap(({ from, to }) => (kept.has(from) ? [to] : kept.has(to) ? [from] : [])),
  )
  const beside = nodes.filter(({ id }) => neighbours.has(id) && !kept.has(id))
  return new Set([...kept, ...idsOf(beside.slice(0, limits.reachedMax - kept.size)), ...idsOf(users)])
}

function idsOf(nodes: readonly UnplacedNode[]): ReadonlySet<string> {
  return new Set(nodes.map(({ id }) => id))
}

/** The fault's own node, then what failed, then by calls to the fault. */
function nearestFirst(a: UnplacedNode, b: UnplacedNode): number {
  return (
    RANKS.indexOf(a.state) - RANKS.indexOf(b.state) ||
    (a.hops ?? Number.MAX_SAFE_INTEGER) - (b.hops ?? Number.MAX_SAFE_INTEGER) ||
    (a.id < b.id ? -1 : 1)
  )
}

const RANKS: readonly GraphNode['state'][] = ['origin', 'failing', 'slower', 'silent', 'steady']

function placedNode(node: UnplacedNode, graph: DagreGraph): GraphNode {
  const at = graph.node(node.id) as { readonly x?: number; readonly y?: number } | undefined
  return { ...node, x: round(finite(at?.x)), y: round(finite(at?.y)) }
}

function pointsOf(edge: UnplacedEdge, graph: DagreGraph): readonly (readonly [number, number])[] {
  const line = graph.edge(edge.from, edge.to, edge.id) as
    | { readonly points?: readonly { readonly x: number; readonly y: number }[] }
    | undefined
  return (line?.points ?? []).map((point) => [round(finite(point.x)), round(finite(point.y))] as const)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0
}
