import type { Phase, Series } from '../../../aftershock/src/model/result.ts'

export type Box = {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** From time and latency to places in the picture. */
export type Scale = {
  readonly box: Box
  readonly endMs: number
  readonly latencyMaxMs: number
  x(atMs: number): number
  y(latencyMs: number): number
  yShare(share: number): number
}

export function timelineScale(
  series: Series,
  phases: readonly Phase[],
  width: number,
  height: number,
): Scale {
  const box = { left: 58, right: width - 46, top: 24, bottom: height - 30 }
  const ends = [series.t0 + series.n.length * series.stepMs, ...phases.map((phase) => phase.to)]
  const endMs = Math.max(...ends, 1)
  const latencyMaxMs = niceAbove(
    Math.max(...series.p95Ok.map((ms) => ms ?? 0), ...series.p50Ok.map((ms) => ms ?? 0), 1),
  )
  const span = box.bottom - box.top
  return {
    box,
    endMs,
    latencyMaxMs,
    x: (atMs) => round(box.left + (Math.min(Math.max(atMs, 0), endMs) / endMs) * (box.right - box.left)),
    y: (ms) => round(box.bottom - (ms / latencyMaxMs) * span),
    yShare: (share) => round(box.bottom - share * span),
  }
}

/** An SVG path with gaps where a value is missing; a lone value becomes a short stroke. */
export function linePath(
  values: readonly (number | null)[],
  place: (value: number, index: number) => readonly [number, number],
): string {
  let path = ''
  let drawing = false
  values.forEach((value, i) => {
    if (value === null) {
      drawing = false
      return
    }
    const [x, y] = place(value, i)
    const alone = !drawing && (values[i + 1] ?? null) === null
    path += `${drawing ? 'L' : 'M'}${x} ${y}${alone ? `h2` : ''}`
    drawing = true
  })
  return path
}

/** Ticks of time: at most `most`, at round seconds. */
export function timeTicks(endMs: number, most: number): readonly number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].map((s) => s * 1000)
  const step = steps.find((ms) => endMs / ms <= most) ?? endMs / most
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, i) => i * step)
}

/** 1, 2, 5 × 10ⁿ above a value. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 1.5, 2, 3, 5, 7.5, 10].map((m) => m * power).find((nice) => nice >= value) ?? value
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
