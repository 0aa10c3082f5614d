import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TraceFull } from '../../../aftershock/src/model/result.ts'
import { durationText } from '../../../aftershock/src/report/numbers.ts'
import { theme } from '../theme.ts'
import { useWidth } from '../use-width.ts'
import { labelOf, type Painting, paintBars, paintMinimap, ROW_HEIGHT } from './paint.ts'
import { SpanDetails } from './span-details.tsx'
import {
  abandonedSumUs,
  foldedAtFirst,
  nextRow,
  rowsOf,
  treeOf,
  type WaterfallRow,
} from './waterfall-rows.ts'

const OVERSCAN = 4
const HEIGHT_MAX = 620
const MINIMAP_HEIGHT = 40

type Props = { readonly trace: TraceFull; readonly spanId: string | undefined }

/**
 * A trace as rows and bars. Only the rows in view are in the document, the bars are one canvas, so a trace
 * of 100,000 spans scrolls like one of ten.
 */
export function Waterfall({ trace, spanId }: Props) {
  const tree = useMemo(() => treeOf(trace), [trace])
  const [folded, setFolded] = useState<ReadonlySet<string>>(() => foldedAtFirst(tree))
  const rows = useMemo(() => rowsOf(tree, folded), [tree, folded])
  const serviceIds = useMemo(
    () => new Map([...new Set(trace.spans.map((span) => span.service))].map((name, i) => [name, i])),
    [trace],
  )
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      rows.findIndex((row) => row.key === spanId),
    ),
  )
  const [critical, setCritical] = useState<'shown' | 'hidden'>('shown')
  const [scroll, setScroll] = useState(0)
  const box = useRef<HTMLDivElement>(null)
  const bars = useRef<HTMLCanvasElement>(null)
  const map = useRef<HTMLCanvasElement>(null)
  const { ref, width } = useWidth<HTMLDivElement>(1000)

  const height = Math.min(HEIGHT_MAX, rows.length * ROW_HEIGHT)
  const nameWidth = Math.round(Math.min(340, width * 0.4))
  const first = Math.floor(scroll / ROW_HEIGHT)
  const count = Math.ceil(height / ROW_HEIGHT)
  const painting: Painting = {
    rows,
    first,
    offsetPx: scroll - first * ROW_HEIGHT,
    tree,
    serviceIds,
    critical,
  }
  const dark = theme.value

  useEffect(() => {
    const paint = (): void => {
      if (bars.current !== null) paintBars(bars.current, Math.max(60, width - nameWidth), height, painting)
      if (map.current !== null)
        paintMinimap(map.current, width, MINIMAP_HEIGHT, painting, [first, first + count])
    }
    paint()
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', paint)
    return () => scheme.removeEventListener('change', paint)
  }, [rows, scroll, width, height, critical, dark])

  const select = (to: number): void => {
    const row = Math.max(0, Math.min(rows.length - 1, to))
    setAt(row)
    const element = box.current
    if (element === null) return
    const top = row * ROW_HEIGHT
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + ROW_HEIGHT > element.scrollTop + height) element.scrollTop = top + ROW_HEIGHT - height
  }
  const fold = (row: WaterfallRow | undefined, to: 'closed' | 'open' | 'other'): void => {
    if (row === undefined || !row.hasChildren) return
    const closed = folded.has(row.span.id)
    const close = to === 'other' ? !closed : to === 'closed'
    const next = new Set(folded)
    if (close) next.add(row.span.id)
    else next.delete(row.span.id)
    setFolded(next)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const key = event.key
    if (key === 'ArrowDown' || key === 'j') select(at + 1)
    else if (key === 'ArrowUp' || key === 'k') select(at - 1)
    else if (key === 'Home') select(0)
    else if (key === 'End') select(rows.length - 1)
    else if (key === 'ArrowLeft') fold(rows[at], 'closed')
    else if (key === 'ArrowRight') fold(rows[at], 'open')
    else if (key === 'c') setCritical(critical === 'shown' ? 'hidden' : 'shown')
    else if (key === 'Enter') document.getElementById('span-details')?.focus()
    else if (key === 'e' || key === 'f' || key === 'r') select(nextRow(rows, at, key) ?? at)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  // The chosen row stays in the document wherever the list is scrolled, for aria-activedescendant.
  const from = Math.max(0, first - OVERSCAN)
  const inView = rows.slice(from, first + count + OVERSCAN).map((row, i) => ({ row, index: from + i }))
  const chosen = rows[at]
  if (chosen !== undefined && !inView.some((shown) => shown.index === at))
    inView.push({ row: chosen, index: at })
  const abandoned = abandonedSumUs(tree)
  return (
    <div class="trace-view">
      <div class="waterfall" ref={ref}>
        <p class="legend" id="waterfall-keys">
          ↑ ↓ move · e next error · f next fault · r next retry · ← → fold · c critical path
        </p>
        <canvas ref={map} class="minimap" aria-hidden="true" />
        <div
          ref={box}
          class="rows"
          role="treegrid"
          aria-label={`Spans of the trace, ${trace.spans.length} in all`}
          aria-rowcount={rows.length}
          aria-activedescendant={`row-${at}`}
          aria-describedby="waterfall-keys"
          tabIndex={0}
          onKeyDown={onKeyDown}
          onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
          style={{ height: `${height}px` }}
        >
          <div style={{ height: `${rows.length * ROW_HEIGHT}px`, position: 'relative' }}>
            <canvas
              ref={bars}
              class="bars"
              aria-hidden="true"
              style={{ top: `${scroll}px`, left: `${nameWidth}px` }}
            />
            {inView.map(({ row, index }) => (
              <Row
                key={row.key}
                row={row}
                index={index}
                chosen={index === at}
                nameWidth={nameWidth}
                service={serviceIds.get(row.span.service) ?? 0}
                onChoose={() => select(index)}
                onFold={() => fold(row, 'other')}
              />
            ))}
          </div>
        </div>
        <Legend services={[...serviceIds.keys()]} />
        {abandoned > 0 ? (
          <p class="warn">
            ▒ {durationText(abandoned / 1000)} of work in this trace went on after its caller had left.
          </p>
        ) : null}
      </div>
      {chosen === undefined ? null : <SpanDetails span={chosen.span} trace={trace} />}
    </div>
  )
}

type RowProps = {
  readonly row: WaterfallRow
  readonly index: number
  readonly chosen: boolean
  readonly nameWidth: number
  readonly service: number
  readonly onChoose: () => void
  readonly onFold: () => void
}

function Row({ row, index, chosen, nameWidth, service, onChoose, onFold }: RowProps) {
  const { span } = row
  const name = row.kind === 'backoff' ? 'waited before trying again' : `${span.service} ${span.op}`
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus (aria-activedescendant)
    <div
      id={`row-${index}`}
      role="row"
      class={`row${chosen ? ' chosen' : ''}${row.orphan ? ' orphan' : ''}`}
      aria-rowindex={index + 1}
      aria-level={row.depth + 1}
      aria-selected={chosen}
      aria-expanded={row.hasChildren ? row.folded === 0 : undefined}
      onClick={onChoose}
      style={{ top: `${index * ROW_HEIGHT}px`, height: `${ROW_HEIGHT}px` }}
    >
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus */}
      <div
        role="gridcell"
        class="name"
        title={name}
        style={{ width: `${nameWidth}px`, paddingLeft: `${Math.min(row.depth, 20) * 11 + 4}px` }}
      >
        {row.hasChildren ? (
          // biome-ignore lint/a11y/useKeyWithClickEvents: arrow keys fold
          // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys fold
          <span class="fold" onClick={onFold} aria-hidden="true">
            {row.folded > 0 ? '▸' : '▾'}
          </span>
        ) : (
          <span class="fold" />
        )}
        {row.kind === 'backoff' ? (
          <i>··· {name} ···</i>
        ) : (
          <>
            <span class={`swatch s${(service % 8) + 1}`} aria-hidden="true" /> <b>{span.service}</b> {span.op}
            {row.folded > 0 ? <span class="faint"> × {row.folded} below</span> : null}
            {row.orphan ? <span class="faint"> (parent missing)</span> : null}
          </>
        )}
        <span class="sr">{row.kind === 'backoff' ? durationText(row.dur / 1000) : labelOf(span)}</span>
      </div>
    </div>
  )
}

function Legend({ services }: { readonly services: readonly string[] }) {
  return (
    <div class="legend">
      <p>
        {services.slice(0, 24).map((name, i) => (
          <span key={name} class="key">
            <span class={`swatch s${(i % 8) + 1}`} aria-hidden="true" /> {name}{' '}
          </span>
        ))}
      </p>
      <p>
        ⚡ dashed outline: fault here · red end ✕: error · ⏱ caller gave up · ↻n: nth retry · hatched: wait
        before a retry · ▒ pale: work after the caller left · ⊘ rejected by a breaker · ⚠ write after the
        caller left · line below: critical path
      </p>
    </div>
  )
}
