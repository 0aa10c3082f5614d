import { useRef, useState } from 'preact/hooks'
import { durationText, offsetText, shareText } from '../../../aftershock/src/model/numbers.ts'
import type { Journey, RunResult, Series } from '../../../aftershock/src/model/result.ts'
import { useWidth } from '../use-width.ts'
import { linePath, type Scale, timelineScale, timeTicks } from './timeline-scale.ts'

const HEIGHT = 236

/** Latency of successful answers and errors over time, with the phases and the fault. */
export function Timeline({ result }: { readonly result: RunResult }) {
  const [chosen, setChosen] = useState(0)
  const series = result.series[chosen]
  if (series === undefined) return null
  const journey = result.journeys.find((j) => j.id === series.journey)
  return (
    <section aria-labelledby="timeline" id="s-timeline">
      <h2 id="timeline">
        Timeline{' '}
        <small>{journey?.label ?? series.journey} as users saw it · latency of successful answers only</small>
      </h2>
      {result.series.length > 1 ? (
        <label class="pick">
          journey{' '}
          <select value={String(chosen)} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            {result.series.map((s, i) => (
              <option key={s.id} value={String(i)}>
                {result.journeys.find((j) => j.id === s.journey)?.label ?? s.journey}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <TimeChart result={result} series={series} journey={journey} />
      <SeriesTable result={result} series={series} />
    </section>
  )
}

type ChartProps = {
  readonly result: RunResult
  readonly series: Series
  readonly journey: Journey | undefined
}

function TimeChart({ result, series, journey }: ChartProps) {
  const { ref, width } = useWidth<HTMLDivElement>(1080)
  const [cursor, setCursor] = useState<number | undefined>(undefined)
  const live = useRef<HTMLParagraphElement>(null)
  const scale = timelineScale(series, result.phases, width, HEIGHT)
  const move = (to: number): void => setCursor(Math.max(0, Math.min(series.n.length - 1, Math.round(to))))
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = Math.max(1, Math.round((event.shiftKey ? 10_000 : 1000) / series.stepMs))
    const at = cursor ?? 0
    const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: series.n.length - 1 }[event.key]
    if (event.key === 'Escape') setCursor(undefined)
    if (to === undefined) return
    event.preventDefault()
    move(to)
  }
  const onPointer = (event: PointerEvent): void => {
    const left = (event.currentTarget as Element).getBoundingClientRect().left
    const share = (event.clientX - left - scale.box.left) / (scale.box.right - scale.box.left)
    if (share >= 0 && share <= 1) move((share * scale.endMs - series.t0) / series.stepMs)
  }
  return (
    <div ref={ref}>
      <svg
        class="chart"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width="100%"
        role="img"
        aria-label={summaryOf(result, journey)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the cursor is moved with the keyboard
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={onPointer}
      >
        <Phases result={result} scale={scale} />
        <Axes scale={scale} />
        <Lines series={series} scale={scale} />
        {series.marks.map((mark) => (
          <path
            key={`${mark.kind}${mark.at}`}
            class="mark"
            fill="#b3261e"
            d={`M${scale.x(mark.at)} ${scale.box.bottom - 1}l-5 9h10z`}
          >
            <title>{`${offsetText(mark.at)} ${mark.text}`}</title>
          </path>
        ))}
        {cursor === undefined ? null : <Cursor at={series.t0 + cursor * series.stepMs} scale={scale} />}
      </svg>
      <p class="legend">
        <b class="l-p95">▬</b> p95 <b class="l-p50">—</b> p50 <b class="l-err">┅</b> errors
        {series.marks.length === 0 ? '' : ' · ▲ breaker, restart or guard'}
      </p>
      <p class="cursor-text" aria-live="polite" ref={live}>
        {cursor === undefined
          ? '← → move the cursor, with Shift by 10 s'
          : cursorText(result, series, cursor)}
      </p>
    </div>
  )
}

function Phases({ result, scale }: { readonly result: RunResult; readonly scale: Scale }) {
  const { box } = scale
  return (
    <>
      {result.phases.map((phase, i) => {
        const x = scale.x(phase.from)
        const width = Math.max(0, scale.x(phase.to) - x)
        const chaos = phase.name === 'chaos'
        const label = chaos ? `chaos ⚡ ${result.run.faults.join(', ')}` : phase.name
        // What follows the last phase is free.
        const last = i === result.phases.length - 1
        const roomPx = (last ? scale.box.right + AFTER_PX - x : width) - 2 * LABEL_PX
        const room = Math.floor(roomPx / (chaos ? BOLD_LETTER_PX : LETTER_PX))
        return (
          <g key={phase.name}>
            <rect
              class={`phase ${phase.name}`}
              x={x}
              y={box.top}
              width={width}
              height={box.bottom - box.top}
              fill={chaos ? '#7a3ff2' : 'none'}
              fill-opacity={chaos ? '0.1' : '0'}
              stroke={chaos ? '#7a3ff2' : 'none'}
              stroke-width={chaos ? '1.5' : '0'}
              stroke-dasharray={chaos ? '4 3' : '0'}
            >
              <title>{`${label}: ${offsetText(phase.from)} to ${offsetText(phase.to)}`}</title>
            </rect>
            <text class={`phase-name ${phase.name}`} x={x + LABEL_PX} y={box.top - 8} font-size="12">
              {phaseLabel(label, phase.name, room)}
            </text>
          </g>
        )
      })}
    </>
  )
}

const LETTER_PX = 6.4
const BOLD_LETTER_PX = 7
/** From a phase's edge to its name. */
const LABEL_PX = 4
/** Room beside the chart, where the shares are. */
const AFTER_PX = 40

function phaseLabel(label: string, name: string, room: number): string {
  if (label.length <= room) return label
  return name === 'chaos' && room > 6 ? 'chaos ⚡' : name.slice(0, Math.max(room, 3))
}

function Axes({ scale }: { readonly scale: Scale }) {
  const { box, endMs, latencyMaxMs } = scale
  return (
    <g class="axes" font-size="11">
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line
            x1={box.left}
            x2={box.right}
            y1={scale.yShare(share)}
            y2={scale.yShare(share)}
            stroke="#c9ced6"
            stroke-width="0.6"
          />
          <text x={box.left - 6} y={scale.yShare(share) + 4} text-anchor="end">
            {share === 0 ? '0' : durationText(latencyMaxMs * share)}
          </text>
          <text x={box.right + 6} y={scale.yShare(share) + 4}>{`${share * 100} %`}</text>
        </g>
      ))}
      {timeTicks(endMs, box.right - box.left > 500 ? 8 : 4).map((ms) => (
        <text key={ms} x={scale.x(ms)} y={box.bottom + 20} text-anchor="middle">{`${ms / 1000} s`}</text>
      ))}
    </g>
  )
}

function Lines({ series, scale }: { readonly series: Series; readonly scale: Scale }) {
  const middle = (i: number): number => scale.x(series.t0 + (i + 0.5) * series.stepMs)
  const latency = (values: readonly (number | null)[]): string =>
    linePath(values, (ms, i) => [middle(i), scale.y(ms)])
  const shares = series.n.map((n, i) => (n === 0 ? null : (series.errors[i] ?? 0) / n))
  return (
    <>
      <path class="line p50" d={latency(series.p50Ok)} fill="none" stroke="#5b7fa6" stroke-width="1" />
      <path class="line p95" d={latency(series.p95Ok)} fill="none" stroke="#0b57a4" stroke-width="2" />
      <path
        class="line errors"
        d={linePath(shares, (share, i) => [middle(i), scale.yShare(share)])}
        fill="none"
        stroke="#b3261e"
        stroke-width="1.5"
        stroke-dasharray="5 3"
      />
    </>
  )
}

function Cursor({ at, scale }: { readonly at: number; readonly scale: Scale }) {
  const x = scale.x(at)
  return (
    <line
      class="cursor"
      x1={x}
      x2={x}
      y1={scale.box.top}
      y2={scale.box.bottom}
      stroke="#16181d"
      stroke-width="1"
    />
  )
}

function cursorText(result: RunResult, series: Series, i: number): string {
  const at = series.t0 + i * series.stepMs
  const phase = result.phases.find((p) => at >= p.from && at < p.to)?.name ?? 'outside the phases'
  const errors = shareText(series.errors[i] ?? 0, series.n[i] ?? 0)
  return `${offsetText(at)} · ${phase} · p50 ${durationText(series.p50Ok[i])} · p95 ${durationText(series.p95Ok[i])} · errors ${errors} of ${series.n[i] ?? 0} requests`
}

function summaryOf(result: RunResult, journey: Journey | undefined): string {
  const phases = result.phases.map((phase) => {
    const red = journey?.phases[phase.name]
    const numbers =
      red === undefined ? '' : `, p95 ${durationText(red.p95Ok)}, errors ${shareText(red.errors, red.n)}`
    return `${phase.name} from ${offsetText(phase.from)} to ${offsetText(phase.to)}${numbers}`
  })
  return `Timeline. ${phases.join('; ')}.`
}

function SeriesTable({ result, series }: { readonly result: RunResult; readonly series: Series }) {
  const every = Math.max(1, Math.ceil(series.n.length / 60))
  const rows = series.n.flatMap((_, i) => (i % every === 0 ? [i] : []))
  return (
    <details>
      <summary>Show as table</summary>
      <div class="scroll">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">at</th>
              <th scope="col">phase</th>
              <th scope="col">requests</th>
              <th scope="col">errors</th>
              <th scope="col">p50</th>
              <th scope="col">p95</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((i) => {
              const at = series.t0 + i * series.stepMs
              return (
                <tr key={i}>
                  <th scope="row">{offsetText(at)}</th>
                  <td>{result.phases.find((p) => at >= p.from && at < p.to)?.name ?? '–'}</td>
                  <td>{series.n[i]}</td>
                  <td>{series.errors[i]}</td>
                  <td>{durationText(series.p50Ok[i])}</td>
                  <td>{durationText(series.p95Ok[i])}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {every > 1 ? <p class="faint">every {every}th point</p> : null}
    </details>
  )
}
