import { countText, shareText } from '../../../aftershock/src/model/numbers.ts'
import type { EdgeRow, Graph, GraphNode, RunResult } from '../../../aftershock/src/model/result.ts'
import { hrefOf } from '../route.ts'
import { useWidth } from '../use-width.ts'

/** The size that the layout reckoned with (`analysis/tell/graph-layout.ts`). */
const NODE = { width: 120, height: 44 }
/** Below this share of its own size the graph is turned upright, so that names stay readable. */
const SHRINK_MIN = 0.55

/** What a box says: what the fault did to a service, or that it fails for another reason. */
type Word = GraphNode['state'] | 'otherwise'

const WORDS: Readonly<
  Record<Word, { readonly glyph: string; readonly word: string; readonly stroke: string }>
> = {
  origin: { glyph: '⚡', word: 'fault here', stroke: '#7a3ff2' },
  failing: { glyph: '✕', word: 'failing', stroke: '#b3261e' },
  slower: { glyph: '◔', word: 'slower', stroke: '#8a5a00' },
  steady: { glyph: '✓', word: 'steady', stroke: '#9aa1ad' },
  silent: { glyph: '–', word: 'silent', stroke: '#9aa1ad' },
  otherwise: { glyph: '✕', word: 'other failures', stroke: '#5b6270' },
}

function wordOf({ state, otherFailures }: GraphNode): Word {
  return state === 'steady' && otherFailures !== undefined ? 'otherwise' : state
}

/** Who was reached by the fault: services of this run, callers on the left. */
export function BlastRadius({
  result,
  stepId,
}: {
  readonly result: RunResult
  readonly stepId: string | undefined
}) {
  const { ref, width } = useWidth<HTMLDivElement>(680)
  const isUpright = width < result.graph.w * SHRINK_MIN
  const graph = isUpright ? upright(result.graph) : result.graph
  if (graph.nodes.length === 0) return null
  const callsMax = Math.max(...result.edges.map((edge) => edge.phases.chaos.n), 1)
  return (
    <section aria-labelledby="blast" id="s-graph">
      <h2 id="blast">
        Blast radius{' '}
        <small>{reachText(result.graph)}; on the lines: what the fault did to calls while it was on</small>
      </h2>
      <div ref={ref} class="graph">
        {/* biome-ignore lint/a11y/useSemanticElements: a group of links inside a picture */}
        <svg
          viewBox={`0 0 ${graph.w} ${graph.h}`}
          width={graph.w}
          height={graph.h}
          role="group"
          aria-label="Services and calls between them"
          onKeyDown={(event) => toNeighbour(event, graph)}
        >
          {graph.edges.map((edge) => (
            <GraphLine
              key={edge.id}
              edge={edge}
              graph={graph}
              calls={callsOf(edge, result.edges)}
              callsMax={callsMax}
              labels={isUpright ? 'beside' : 'above'}
              chosen={stepId !== undefined && edge.stepIds.includes(stepId)}
            />
          ))}
          {graph.nodes.map((node) => (
            <GraphBox key={node.id} node={node} detail={detailOf(node, result.edges)} />
          ))}
        </svg>
      </div>
      {graph.collapsed === null ? null : (
        <details>
          <summary>{graph.collapsed.count} steady services hidden</summary>
          <p>{graph.collapsed.names.join(', ')}</p>
        </details>
      )}
    </section>
  )
}

type LineProps = {
  readonly edge: Graph['edges'][number]
  readonly graph: Graph
  readonly calls: number
  readonly callsMax: number
  /** Beside lines that run down the page, above those that run across it. */
  readonly labels: 'beside' | 'above'
  readonly chosen: boolean
}

function GraphLine({ edge, graph, calls, callsMax, labels, chosen }: LineProps) {
  const from = graph.nodes.find((node) => node.id === edge.from)
  const to = graph.nodes.find((node) => node.id === edge.to)
  if (from === undefined || to === undefined || from === to) return null
  // From middle to middle: the boxes cover the ends, so lines meet them whatever way the graph is turned.
  const points = [[from.x, from.y] as const, ...edge.pts, [to.x, to.y] as const]
  const stroke = edge.state === 'failing' ? '#b3261e' : edge.state === 'slower' ? '#8a5a00' : '#9aa1ad'
  const width = 1.2 + (2.6 * Math.log1p(calls)) / Math.log1p(callsMax)
  const middle = edge.pts[Math.floor(edge.pts.length / 2)] ?? [(from.x + to.x) / 2, (from.y + to.y) / 2]
  return (
    <g class={`edge ${edge.state}${chosen ? ' chosen' : ''}`}>
      <path
        d={points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x} ${y}`).join('')}
        fill="none"
        stroke={stroke}
        stroke-width={(chosen ? width + 2 : width).toFixed(1)}
        stroke-dasharray={edge.state === 'slower' ? '7 3' : undefined}
      />
      {edge.label === '' ? null : (
        <text
          x={middle[0] + (labels === 'beside' ? 7 : 0)}
          y={middle[1] + (labels === 'beside' ? 4 : -6)}
          font-size="10.5"
          text-anchor={labels === 'beside' ? 'start' : 'middle'}
          fill={stroke}
        >
          {edge.label}
        </text>
      )}
    </g>
  )
}

function GraphBox({ node, detail }: { readonly node: GraphNode; readonly detail: string }) {
  const says = wordOf(node)
  const state = WORDS[says]
  const origin = node.state === 'origin'
  const x = node.x - NODE.width / 2
  const y = node.y - NODE.height / 2
  return (
    <a
      href={hrefOf({ page: 'overview', service: node.id })}
      aria-label={`${node.id}: ${state.word}, ${detail}`}
      class={`node ${says}`}
      data-node={node.id}
    >
      <rect
        x={x}
        y={y}
        width={NODE.width}
        height={NODE.height}
        rx={node.kind === 'db' ? 18 : 8}
        fill="#ffffff"
        stroke={state.stroke}
        stroke-width={origin || node.state === 'failing' ? 2 : 1.2}
        stroke-dasharray={origin ? '5 3' : undefined}
      />
      <text x={node.x} y={node.y - 3} font-size="12.5" text-anchor="middle" fill="#16181d">
        {shortened(node.id)}
      </text>
      <text class="state" x={node.x} y={node.y + 13} font-size="10.5" text-anchor="middle" fill="#5b6270">
        {`${state.glyph} ${state.word}`}
      </text>
      <title>{`${node.id}: ${state.word}, ${detail}`}</title>
    </a>
  )
}

const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Arrow keys go to the nearest service that way; what lies straight ahead is nearer than what lies aside. */
function toNeighbour(event: KeyboardEvent, graph: Graph): void {
  const way = WAYS[event.key]
  const svg = event.currentTarget
  const focused = document.activeElement?.getAttribute('data-node')
  const from = graph.nodes.find((node) => node.id === focused)
  if (way === undefined || from === undefined || !(svg instanceof Element)) return
  event.preventDefault()
  const [nearest] = graph.nodes
    .map((node) => {
      const [dx, dy] = [node.x - from.x, node.y - from.y]
      const ahead = dx * way[0] + dy * way[1]
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0])
      return { node, ahead, distance: ahead + 2 * aside }
    })
    .filter((one) => one.ahead > 0)
    .sort((a, b) => a.distance - b.distance)
  for (const link of svg.querySelectorAll<SVGAElement>('a[data-node]'))
    if (link.getAttribute('data-node') === nearest?.node.id) link.focus()
}

function callsOf(edge: Graph['edges'][number], rows: readonly EdgeRow[]): number {
  return rows
    .filter((row) => row.from === edge.from && row.to === edge.to)
    .reduce((sum, row) => sum + row.phases.chaos.n, 0)
}

function detailOf(node: GraphNode, rows: readonly EdgeRow[]): string {
  const { otherFailures: others } = node
  if (others === undefined) return callsText(node, rows)
  return `${callsText(node, rows)}; ${countText(others.failed)} of ${countText(others.of)} requests failed without a path to the fault, more than before it`
}

function callsText(node: GraphNode, rows: readonly EdgeRow[]): string {
  const into = rows.filter((row) => row.to === node.id)
  const calls = into.reduce((sum, row) => sum + row.phases.chaos.n, 0)
  const errors = into.reduce((sum, row) => sum + row.phases.chaos.errors, 0)
  if (calls > 0)
    return `${shareText(errors, calls)} of ${countText(calls)} calls failed while the fault was on, whatever the cause`
  return node.hops === null ? 'not reached' : `${node.hops} calls away from the fault`
}

function reachText(graph: Graph): string {
  // The people who asked are in the picture, but are no service.
  const services = graph.nodes.filter((node) => node.kind !== 'user')
  const of = (word: Word): number => services.filter((node) => wordOf(node) === word).length
  const total = services.length + (graph.collapsed?.count ?? 0)
  const others = of('otherwise') === 0 ? '' : `, ${of('otherwise')} with other failures`
  return `${of('failing')} of ${total} services failing, ${of('slower')} slower${others}`
}

function shortened(name: string): string {
  return name.length <= 17 ? name : `${name.slice(0, 9)}…${name.slice(-6)}`
}

/** The same graph from top to bottom, for narrow screens. */
function upright(graph: Graph): Graph {
  const along = (NODE.height + 40) / (NODE.width + 38)
  const across = (NODE.width + 20) / (NODE.height + 20)
  const turn = ([x, y]: readonly [number, number]): readonly [number, number] => [
    Math.round(y * across),
    Math.round(x * along),
  ]
  return {
    ...graph,
    w: Math.round(graph.h * across),
    h: Math.round(graph.w * along),
    nodes: graph.nodes.map((node) => {
      const [x, y] = turn([node.x, node.y])
      return { ...node, x, y }
    }),
    edges: graph.edges.map((edge) => ({ ...edge, pts: edge.pts.map(turn) })),
  }
}
