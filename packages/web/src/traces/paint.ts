import { durationText } from '../../../aftershock/src/model/numbers.ts'
import type { TraceSpan } from '../../../aftershock/src/model/result.ts'
import type { Tree, WaterfallRow } from './waterfall-rows.ts'

export const ROW_HEIGHT = 24
const BAR_TOP = 6
const BAR_HEIGHT = 12
const LABEL_ROOM = 150

export type Colours = {
  readonly fg: string
  readonly bg: string
  readonly fault: string
  readonly bad: string
  readonly warn: string
  readonly services: readonly string[]
}

export type Painting = {
  readonly rows: readonly WaterfallRow[]
  readonly first: number
  readonly offsetPx: number
  readonly tree: Tree
  readonly serviceIds: ReadonlyMap<string, number>
  readonly critical: 'shown' | 'hidden'
}

/** The tokens of the style sheet, as the page has them now. */
function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(name).trim() || '#888888'
  return {
    fg: token('--fg'),
    bg: token('--bg'),
    fault: token('--fault'),
    bad: token('--bad'),
    warn: token('--warn'),
    services: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => token(`--s${n}`)),
  }
}

/** Fits a canvas to its place at the screen's own resolution. */
function fitted(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const ratio = devicePixelRatio || 1
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const context = canvas.getContext('2d') ?? undefined
  context?.setTransform(ratio, 0, 0, ratio, 0, 0)
  return context
}

/** Paints the bars of the rows that can be seen. */
export function paintBars(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  painting: Painting,
): void {
  const context = fitted(canvas, width, height)
  if (context === undefined) return
  const colours = coloursOf(canvas)
  const perUs = Math.max(40, width - LABEL_ROOM) / painting.tree.durUs
  context.font = '11px system-ui, sans-serif'
  context.textBaseline = 'middle'
  const count = Math.ceil(height / ROW_HEIGHT) + 1
  painting.rows.slice(painting.first, painting.first + count).forEach((row, i) => {
    const y = i * ROW_HEIGHT - painting.offsetPx
    if (row.kind === 'backoff') paintWait(context, row, y, perUs, colours)
    else paintSpan(context, row.span, y, perUs, colours, painting)
  })
}

function paintSpan(
  context: CanvasRenderingContext2D,
  span: TraceSpan,
  y: number,
  perUs: number,
  colours: Colours,
  { serviceIds, critical }: Painting,
): void {
  const x = span.start * perUs
  const width = Math.max(1.5, span.dur * perUs)
  const ghost = Math.min(width, (span.abandonedUs ?? 0) * perUs)
  const at = serviceIds.get(span.service) ?? 0
  context.fillStyle = colours.services[at % 8] ?? colours.fg
  context.fillRect(x, y + BAR_TOP, width - ghost, BAR_HEIGHT)
  // More services than colours: the second round is striped, so that two are never the same.
  if (at >= 8) hatch(context, x, y + BAR_TOP, width - ghost, colours.bg)
  if (ghost > 0) {
    context.globalAlpha = 0.35
    context.fillRect(x + width - ghost, y + BAR_TOP, ghost, BAR_HEIGHT)
    context.globalAlpha = 1
    hatch(context, x + width - ghost, y + BAR_TOP, ghost, colours.fg)
  }
  if (span.fault !== undefined) {
    context.strokeStyle = colours.fault
    context.lineWidth = 2
    context.setLineDash([5, 3])
    context.strokeRect(x - 1, y + BAR_TOP - 2, width + 2, BAR_HEIGHT + 4)
    context.setLineDash([])
  }
  if (span.error !== undefined) {
    context.fillStyle = colours.bad
    context.fillRect(x + width - 2, y + BAR_TOP - 3, 3.5, BAR_HEIGHT + 6)
  }
  if (critical === 'shown')
    for (const [from, to] of span.crit ?? []) {
      context.fillStyle = colours.bg
      context.fillRect(from * perUs, y + BAR_TOP + BAR_HEIGHT, Math.max(1, (to - from) * perUs), 4)
      context.fillStyle = colours.fg
      context.fillRect(from * perUs, y + BAR_TOP + BAR_HEIGHT + 1, Math.max(1, (to - from) * perUs), 2)
    }
  context.fillStyle = span.error === undefined ? colours.fg : colours.bad
  context.fillText(labelOf(span), x + width + 6, y + ROW_HEIGHT / 2)
}

/** Duration and marks in words and signs, so that colour is never alone. */
export function labelOf(span: TraceSpan): string {
  const marks = span.marks ?? []
  const error = span.error === undefined ? '' : ` ✕ ${/^\d{3}/.exec(span.error)?.[0] ?? ''}`.trimEnd()
  return [
    durationText(span.dur / 1000),
    error,
    marks.includes('timeout') ? ' ◷ timeout' : '',
    marks.includes('breaker') ? ' ⊘ rejected' : '',
    marks.includes('fallback') ? ' ⤵ coped' : '',
    (span.attempt ?? 1) > 1 ? ` ↻${(span.attempt ?? 1) - 1}` : '',
    span.fault === undefined ? '' : ` ⚡`,
    marks.includes('side-effect') ? ' ⚠ write' : '',
    (span.abandonedUs ?? 0) > 0 ? ` ▒ ${durationText((span.abandonedUs ?? 0) / 1000)}` : '',
  ].join('')
}

function paintWait(
  context: CanvasRenderingContext2D,
  row: WaterfallRow,
  y: number,
  perUs: number,
  colours: Colours,
): void {
  const width = Math.max(2, row.dur * perUs)
  context.globalAlpha = 0.6
  hatch(context, row.start * perUs, y + BAR_TOP + 2, width, colours.fg)
  context.globalAlpha = 1
  context.fillStyle = colours.fg
  context.fillText(
    `${durationText(row.dur / 1000)} waited`,
    row.start * perUs + width + 6,
    y + ROW_HEIGHT / 2,
  )
}

function hatch(context: CanvasRenderingContext2D, x: number, y: number, width: number, colour: string): void {
  context.save()
  context.beginPath()
  context.rect(x, y, width, BAR_HEIGHT)
  context.clip()
  context.strokeStyle = colour
  context.lineWidth = 1
  context.beginPath()
  for (let at = x - BAR_HEIGHT; at < x + width; at += 5) {
    context.moveTo(at, y + BAR_HEIGHT)
    context.lineTo(at + BAR_HEIGHT, y)
  }
  context.stroke()
  context.restore()
}

/** The whole trace small: where time went, and what part is in view. */
export function paintMinimap(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  painting: Painting,
  shown: readonly [number, number],
): void {
  const context = fitted(canvas, width, height)
  if (context === undefined) return
  const colours = coloursOf(canvas)
  const perUs = width / painting.tree.durUs
  const perRow = height / Math.max(painting.rows.length, 1)
  const every = Math.max(1, Math.floor(painting.rows.length / 2000))
  for (let i = 0; i < painting.rows.length; i += every) {
    const row = painting.rows[i]
    if (row === undefined || row.kind === 'backoff') continue
    const { span } = row
    context.fillStyle =
      span.fault !== undefined
        ? colours.fault
        : span.error !== undefined
          ? colours.bad
          : (colours.services[(painting.serviceIds.get(span.service) ?? 0) % 8] ?? colours.fg)
    context.fillRect(span.start * perUs, i * perRow, Math.max(1, span.dur * perUs), Math.max(1, perRow * 0.8))
  }
  context.strokeStyle = colours.fg
  context.strokeRect(0.5, shown[0] * perRow, width - 1, Math.max(3, (shown[1] - shown[0]) * perRow))
}
