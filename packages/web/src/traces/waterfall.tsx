import { useLayoutEffect, useRef } from 'preact/hooks'
import { durationText } from '../../../aftershock/src/model/numbers.ts'
import type { TraceFull } from '../../../aftershock/src/model/result.ts'
import { theme } from '../theme.ts'
import { useWidth } from '../use-width.ts'
import { labelOf, type Painting, paintBars, paintMinimap, ROW_HEIGHT } from './paint.ts'
import { SpanDetails } from './span-details.tsx'
import { rowsInView, useWaterfall } from './use-waterfall.ts'
import { abandonedSumUs, type WaterfallRow } from './waterfall-rows.ts'

const HEIGHT_MAX = 620
const MINIMAP_HEIGHT = 40

type Props = { readonly trace: TraceFull; readonly spanId: string | undefined }

/**
 * A trace as rows and bars. Only the rows in view are in the document, the bars are one canvas, so a trace
 * of 100,000 spans scrolls like one of ten.
 */
export function Waterfall({ trace, spanId }: Props) {
  const { ref, width } = useWidth<HTMLDivElement>(1000)
  const state = useWaterfall(trace, spanId, HEIGHT_MAX)
  const { tree, rows, at, serviceIds, height, first, count, scroll, critical } = state
  const bars = useRef<HTMLCanvasElement>(null)
  const map = useRef<HTMLCanvasElement>(null)
  const nameWidth = Math.round(Math.min(340, width * 0.46))
  const indentPx = width < 560 ? 4 : 11
  const chosenTheme = theme.value

  useLayoutEffect(() => {
    const offsetPx = scroll - first * ROW_HEIGHT
    const painting: Painting = { rows, first, offsetPx, tree, serviceIds, critical }
    const paint = (): void => {
      if (bars.current !== null) paintBars(bars.current, Math.max(60, width - nameWidth), height, painting)
      if (map.current !== null)
        paintMinimap(map.current, width, MINIMAP_HEIGHT, painting, [first, first + count])
    }
    paint()
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', paint)
    return () => scheme.removeEventListener('change', paint)
  }, [rows, scroll, width, height, critical, chosenTheme])

  const inView = rowsInView(state)
  const chosen = rows[at]
  const abandonedUs = abandonedSumUs(tree)
  return (
    <div class="trace-view">
      <div class="waterfall" ref={ref}>
        <p class="legend" id="waterfall-keys">
          ↑ ↓ move · e next error · f next fault · r next retry · ← → fold · c critical path
        </p>
        <canvas ref={map} class="minimap" />
        <div
          ref={state.box}
          class="rows"
          role="treegrid"
          aria-label={`Spans of the trace, ${trace.spans.length} in all`}
          aria-rowcount={rows.length}
          aria-activedescendant={`row-${at}`}
          aria-describedby="waterfall-keys"
          tabIndex={0}
          onKeyDown={state.onKeyDown}
          onScroll={(event) => state.setScroll(event.currentTarget.scrollTop)}
          style={{ height: `${height}px` }}
        >
          <div style={{ height: `${rows.length * ROW_HEIGHT}px`, position: 'relative' }}>
            <canvas ref={bars} class="bars" style={{ top: `${scroll}px`, left: `${nameWidth}px` }} />
            {inView.map(({ row, index }) => (
              <Row
                key={row.key}
                row={row}
                index={index}
                chosen={index === at}
                nameWidth={nameWidth}
                indentPx={indentPx}
                service={serviceIds.get(row.span.service) ?? 0}
                onChoose={() => state.select(index)}
                onFold={() => state.fold(row, 'other')}
              />
            ))}
          </div>
        </div>
        <Legend services={[...serviceIds.keys()]} />
        {abandonedUs > 0 ? (
          <p class="warn">
            ▒ {durationText(abandonedUs / 1000)} of work in this trace went on after its caller had left.
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
  readonly indentPx: number
  readonly service: number
  readonly onChoose: () => void
  readonly onFold: () => void
}

function Row({ row, index, chosen, nameWidth, indentPx, service, onChoose, onFold }: RowProps) {
  const { span } = row
  const name = row.kind === 'backoff' ? 'waited before trying again' : `${span.service} ${span.op}`
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
    // biome-ignore lint/a11y/useSemanticElements: rows are placed by arithmetic, a table cannot be
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
      {/* biome-ignore lint/a11y/useSemanticElements: rows are placed by arithmetic, a table cannot be */}
      <div
        role="gridcell"
        class="name"
        title={name}
        style={{ width: `${nameWidth}px`, paddingLeft: `${Math.min(row.depth, 20) * indentPx + 4}px` }}
      >
        {row.hasChildren ? (
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
            <span class={`swatch s${(service % 8) + 1}`} aria-hidden="true" />
            <span class="cut">
              <b>{span.service}</b> {span.op}
            </span>
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
        ⚡ dashed outline: fault here · red end ✕: error · ◷ caller gave up · ↻n: nth retry · hatched: wait
        before a retry · ▒ pale: work after the caller left · ⊘ rejected by a breaker · ⚠ write after the
        caller left · line below: critical path
      </p>
    </div>
  )
}
