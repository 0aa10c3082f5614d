import { useState } from 'preact/hooks'
import { countText, durationText, shareText, timesText } from '../../../aftershock/src/model/numbers.ts'
import { compare } from '../../../aftershock/src/model/order.ts'
import type { EdgeRow, RunResult } from '../../../aftershock/src/model/result.ts'
import { hrefOf } from '../route.ts'

type Column = {
  readonly id: string
  readonly group: string
  readonly label: string
  readonly value: (edge: EdgeRow) => number | string
  readonly text: (edge: EdgeRow) => string
}

const share = (edge: EdgeRow, phase: 'baseline' | 'chaos' | 'recovery'): number =>
  edge.phases[phase].errors / (edge.phases[phase].n || 1)
const COLUMNS: readonly Column[] = [
  {
    id: 'edge',
    group: '',
    label: 'edge',
    value: (e) => `${e.from} ${e.to} ${e.op}`,
    text: (e) => `${e.from} → ${e.to}`,
  },
  {
    id: 'n0',
    group: 'calls',
    label: 'before',
    value: (e) => e.phases.baseline.n,
    text: (e) => countText(e.phases.baseline.n),
  },
  {
    id: 'n1',
    group: 'calls',
    label: 'during',
    value: (e) => e.phases.chaos.n,
    text: (e) => countText(e.phases.chaos.n),
  },
  {
    id: 'x',
    group: 'calls',
    label: 'per user request',
    value: (e) => e.delta.loadX,
    text: (e) => (e.phases.baseline.n === 0 ? '–' : timesText(e.delta.loadX)),
  },
  {
    id: 'e0',
    group: 'errors of calls',
    label: 'before',
    value: (e) => share(e, 'baseline'),
    text: (e) => shareText(e.phases.baseline.errors, e.phases.baseline.n),
  },
  {
    id: 'e1',
    group: 'errors of calls',
    label: 'during',
    value: (e) => share(e, 'chaos'),
    text: (e) => shareText(e.phases.chaos.errors, e.phases.chaos.n),
  },
  {
    id: 'e2',
    group: 'errors of calls',
    label: 'after',
    value: (e) => share(e, 'recovery'),
    text: (e) => shareText(e.phases.recovery.errors, e.phases.recovery.n),
  },
  {
    id: 'ed',
    group: 'errors of calls',
    label: 'Δ',
    value: (e) => e.delta.errPts,
    text: (e) => pointsText(e.delta.errPts),
  },
  {
    id: 'p0',
    group: 'p95 of successful',
    label: 'before',
    value: (e) => e.phases.baseline.p95Ok ?? -1,
    text: (e) => durationText(e.phases.baseline.p95Ok),
  },
  {
    id: 'p1',
    group: 'p95 of successful',
    label: 'during',
    value: (e) => e.phases.chaos.p95Ok ?? -1,
    text: (e) => durationText(e.phases.chaos.p95Ok),
  },
  {
    id: 'p2',
    group: 'p95 of successful',
    label: 'after',
    value: (e) => e.phases.recovery.p95Ok ?? -1,
    text: (e) => durationText(e.phases.recovery.p95Ok),
  },
  {
    id: 'r',
    group: '',
    label: 'retries',
    value: (e) => e.phases.chaos.retries,
    text: (e) => (e.phases.chaos.retries === 0 ? '–' : countText(e.phases.chaos.retries)),
  },
]
const FEW = 20
const ROWS_MAX = 100

type Sorting = { readonly by: string; readonly order: 'descending' | 'ascending' }
type Props = {
  readonly result: RunResult
  readonly stepEdge: string | undefined
  readonly service: string | undefined
}

/** Every caller → callee before, during and after; sorted by what got worst until somebody asks otherwise. */
export function EdgeTable({ result, stepEdge, service }: Props) {
  const [sorting, setSorting] = useState<Sorting>({ by: 'ed', order: 'descending' })
  const column = COLUMNS.find((c) => c.id === sorting.by)
  const edges = result.edges.filter(
    (edge) => service === undefined || edge.from === service || edge.to === service,
  )
  const sorted =
    column === undefined
      ? edges
      : edges.toSorted(
          (a, b) => compare(column.value(a), column.value(b)) * (sorting.order === 'descending' ? -1 : 1),
        )
  const sortBy = (id: string): void =>
    setSorting({
      by: id,
      order: sorting.by === id && sorting.order === 'descending' ? 'ascending' : 'descending',
    })
  return (
    <section aria-labelledby="edges" id="s-edges">
      <h2 id="edges" tabIndex={-1}>
        Every edge <small>{service === undefined ? 'before, during and after' : `of ${service}`}</small>
      </h2>
      {service === undefined ? null : (
        <p>
          <a href={hrefOf({ page: 'overview' })}>Show all {result.edges.length} edges</a>
        </p>
      )}
      <div class="scroll">
        <table class="edges">
          <thead>
            <tr>
              {COLUMNS.map((c) => (
                <th key={c.id} scope="col" aria-sort={c.id === sorting.by ? sorting.order : 'none'}>
                  <button type="button" onClick={() => sortBy(c.id)}>
                    {c.group === '' ? '' : <span class="group">{c.group} </span>}
                    {c.label}
                    <span aria-hidden="true">
                      {c.id === sorting.by ? (sorting.order === 'descending' ? ' ▾' : ' ▴') : ''}
                    </span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, ROWS_MAX).map((edge) => (
              <Row
                key={edge.id}
                edge={edge}
                chosen={
                  stepEdge !== undefined &&
                  [edge.id, `${edge.from}>${edge.to}`, `${edge.from}→${edge.to}`].includes(stepEdge)
                }
              />
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > ROWS_MAX ? <p class="faint">{sorted.length - ROWS_MAX} more in result.json</p> : null}
      {sorted.length === 0 ? (
        <p>No calls were seen{service === undefined ? '' : ` from or to ${service}`}.</p>
      ) : null}
    </section>
  )
}

function Row({ edge, chosen }: { readonly edge: EdgeRow; readonly chosen: boolean }) {
  const few = edge.phases.chaos.n < FEW
  return (
    <tr class={`${edge.significant ? 'worse' : ''}${few ? ' few' : ''}${chosen ? ' chosen' : ''}`}>
      <th scope="row">
        {edge.from} → {edge.to} <span class="op">{edge.op}</span>
        {few ? <span class="faint"> few samples</span> : null}
        {edge.errorTop.length === 0 ? null : <span class="types"> {errorsText(edge)}</span>}
      </th>
      {COLUMNS.slice(1).map((c) => (
        <td key={c.id} class={edge.significant && isWorse(edge, c.id) ? 'bad' : ''}>
          {c.text(edge)}
        </td>
      ))}
    </tr>
  )
}

/** What failed during and after the fault, most frequent first: `failed: 141 × TimeoutError, 12 × 503`. */
function errorsText(edge: EdgeRow): string {
  return `failed: ${edge.errorTop.map(({ type, n }) => `${countText(n)} × ${type}`).join(', ')}`
}

function isWorse(edge: EdgeRow, column: string): boolean {
  if (column === 'p1') return (edge.delta.p95Pct ?? 0) > 50
  return (column === 'e1' || column === 'ed') && edge.delta.errPts >= 0.05
}

function pointsText(points: number): string {
  if (Math.abs(points) < 0.05) return '–'
  return `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(Math.abs(points) < 9.95 ? 1 : 0)} pt`
}
