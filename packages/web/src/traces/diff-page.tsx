import { useState } from 'preact/hooks'
import { differenceText, durationText } from '../../../aftershock/src/model/numbers.ts'
import type { TraceFull } from '../../../aftershock/src/model/result.ts'
import type { ReportView } from '../../../aftershock/src/report/report-view.ts'
import { outcomeGlyph, shortTraceId } from '../../../aftershock/src/report/words.ts'
import type { DataSource } from '../data-source.ts'
import { hrefOf } from '../route.ts'
import { type DiffRow, type DiffSide, diffTraces, type TraceDiff } from './trace-diff.ts'
import { useTrace } from './use-trace.ts'

type Props = {
  readonly view: ReportView
  readonly source: DataSource
  readonly a: string
  readonly b: string
}

/** Two traces side by side: what is slower, repeated, added, failed (ux.md S4). */
export function DiffPage({ view, source, a, b }: Props) {
  const pairs = view.result.evidence.filter((trace) => trace.twin !== undefined && trace.embedded === 'full')
  const first = pairs[0]
  const one = a || (first?.twin ?? '')
  const two = b || (first?.traceId ?? '')
  const left = useTrace(source, one)
  const right = useTrace(source, two)
  return (
    <>
      <h1>Diff</h1>
      {pairs.length === 0 ? <p>No trace here has a twin in the baseline to compare with.</p> : null}
      <p>
        {pairs.slice(0, 8).map((trace) => (
          <a
            key={trace.traceId}
            class="step-link"
            href={hrefOf({ page: 'diff', a: trace.twin ?? '', b: trace.traceId })}
            aria-current={trace.traceId === two ? 'true' : undefined}
          >
            {shortTraceId(trace.traceId)} {trace.outcome}
          </a>
        ))}{' '}
        {one === '' ? null : <a href={hrefOf({ page: 'diff', a: two, b: one })}>swap</a>}
      </p>
      {left.state === 'here' && right.state === 'here' ? (
        <Diff view={view} a={left.trace} b={right.trace} />
      ) : one === '' ? null : left.state === 'loading' || right.state === 'loading' ? (
        <p aria-busy="true">Reading …</p>
      ) : (
        <p>One of the two traces is not inside this file.</p>
      )}
    </>
  )
}

function Diff({ view, a, b }: { readonly view: ReportView; readonly a: TraceFull; readonly b: TraceFull }) {
  const [shown, setShown] = useState<'changes' | 'all'>('changes')
  const diff = diffTraces(a, b)
  const rows = shown === 'all' ? diff.rows : diff.rows.filter((row) => row.change !== 'same')
  const most = Math.max(...diff.rows.map((row) => Math.max(row.a?.durUs ?? 0, row.b?.durUs ?? 0)), 1)
  return (
    <>
      <p class="headline">{summaryOf(diff)}</p>
      {diff.sameJourney ? null : (
        <p class="warn">⚠ The two are different journeys; little can be compared.</p>
      )}
      <label>
        <input
          type="checkbox"
          checked={shown === 'changes'}
          onChange={() => setShown(shown === 'all' ? 'changes' : 'all')}
        />{' '}
        only changes
      </label>
      <div class="scroll">
        <table class="numbers diff">
          <thead>
            <tr>
              <th scope="col">path</th>
              <th scope="col">A {nameOf(view, a)}</th>
              <th scope="col">B {nameOf(view, b)}</th>
              <th scope="col">Δ waited</th>
              <th scope="col">change</th>
              <th scope="col">
                <span class="sr">bars</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.path} row={row} most={most} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">all rows</th>
              <td />
              <td />
              <td>{differenceText(diff.totalUs / 1000)}</td>
              <td colSpan={2}>what B’s user waited longer</td>
            </tr>
          </tfoot>
        </table>
      </div>
    </>
  )
}

function Row({ row, most }: { readonly row: DiffRow; readonly most: number }) {
  const bar = (side: DiffSide | undefined): number => ((side?.durUs ?? 0) / most) * 120
  return (
    <tr class={row.change}>
      <th scope="row">
        {'\u00a0\u00a0'.repeat(Math.min(row.depth, 12))}
        <b>{row.service}</b> {row.op}
      </th>
      <td>{sideText(row.a)}</td>
      <td>{sideText(row.b)}</td>
      <td>{row.deltaUs === 0 ? '–' : differenceText(row.deltaUs / 1000)}</td>
      <td>{row.change}</td>
      <td>
        <svg width="120" height="16" aria-hidden="true">
          <rect class="side-a" width={bar(row.a)} height="7" fill="#5b7fa6" />
          <rect
            class="side-b"
            y="8"
            width={bar(row.b)}
            height="7"
            fill={row.change === 'failed' ? '#b3261e' : '#0b57a4'}
          />
        </svg>
      </td>
    </tr>
  )
}

function sideText(side: DiffSide | undefined): string {
  if (side === undefined) return '–'
  return side.n === 1
    ? durationText(side.durUs / 1000)
    : `${side.n}× ${durationText(side.durUs / side.n / 1000)}`
}

function summaryOf(diff: TraceDiff): string {
  const of = (change: DiffRow['change']): number => diff.rows.filter((row) => row.change === change).length
  const worst = diff.rows.toSorted((x, y) => Math.abs(y.deltaUs) - Math.abs(x.deltaUs))[0]
  const where =
    worst === undefined || worst.deltaUs === 0
      ? ''
      : `, ${differenceText(worst.deltaUs / 1000)} of it in ${worst.service} ${worst.op}`
  const size = durationText(Math.abs(diff.totalUs) / 1000)
  const parts = (['failed', 'repeated', 'added', 'removed'] as const)
    .filter((change) => of(change) > 0)
    .map((change) => `${of(change)} ${change}`)
  return `B is ${size} ${diff.totalUs >= 0 ? 'slower' : 'faster'}${where}${parts.length === 0 ? '' : `; paths: ${parts.join(', ')}`}.`
}

function nameOf(view: ReportView, trace: TraceFull): string {
  const meta = view.result.evidence.find((known) => known.traceId === trace.traceId)
  return `${shortTraceId(trace.traceId)} ${meta === undefined ? '' : `${meta.phase} ${outcomeGlyph(meta)}`}`
}
