import type { Interval, PhaseName, Windows } from '../../model/window.ts'
import { columnOf } from '../numbers/columns.ts'
import type { Forest } from './forest.ts'

export const Phase = { none: 0, baseline: 1, chaos: 2, recovery: 3 } as const
export const PHASE_NAMES: readonly PhaseName[] = ['baseline', 'chaos', 'recovery']

/** Half open, ns since the table's epoch. */
export type Span = { readonly from: number; readonly to: number }

export type Phases = {
  /** Trace → `Phase`: by the start of its request. */
  readonly ofTrace: Uint8Array
  readonly baseline: readonly Span[]
  readonly chaos: readonly Span[]
  readonly recovery: readonly Span[]
  /** Length of each phase, ns, by `Phase`. */
  readonly lengthNs: readonly number[]
}

/** The windows, counted from a table's epoch. */
export function phaseSpans(windows: Windows, epochNs: bigint): Omit<Phases, 'ofTrace'> {
  const spansOf = (intervals: readonly Interval[]): readonly Span[] =>
    intervals.map((i) => ({ from: Number(i.startNs - epochNs), to: Number(i.endNs - epochNs) }))
  const length = (spans: readonly Span[]): number => spans.reduce((sum, s) => sum + s.to - s.from, 0)
  const baseline = spansOf(windows.baseline)
  const chaos = spansOf(windows.chaos)
  const recovery = spansOf(windows.recovery)
  return { baseline, chaos, recovery, lengthNs: [0, length(baseline), length(chaos), length(recovery)] }
}

/**
 * Which phase each trace belongs to. One that began before the fault, in the baseline or after it, and was still
 * running when the fault began was exposed to it, so it counts as chaos: else it would spoil what "normal" is.
 */
export function phasesOf(forest: Forest, windows: Windows): Phases {
  const spans = phaseSpans(windows, forest.table.epochNs)
  const { baseline, chaos, recovery } = spans
  const known = Math.min(...baseline.map(({ from }) => from))
  const ofTrace = columnOf(Uint8Array, forest.traces)
  for (let t = 0; t < forest.traces; t++) {
    const first = forest.entry[t] === -1 ? forest.traceStart[t] : forest.entry[t]
    const at = forest.start[first]
    if (isWithin(chaos, at)) ofTrace[t] = Phase.chaos
    else if (isWithin(recovery, at)) ofTrace[t] = Phase.recovery
    else if (at >= known && wasUnderWay(chaos, at, forest.end[first])) ofTrace[t] = Phase.chaos
    else if (isWithin(baseline, at)) ofTrace[t] = Phase.baseline
  }
  return { ...spans, ofTrace }
}

/** As the fault began. */
function wasUnderWay(chaos: readonly Span[], start: number, end: number): boolean {
  return chaos.some(({ from }) => start < from && end >= from)
}

/** When the fault was on first. */
export function chaosStartOf(phases: Pick<Phases, 'chaos'>): number {
  return Math.min(...phases.chaos.map((s) => s.from))
}

/** When the fault was on last. */
export function chaosEndOf(phases: Pick<Phases, 'chaos'>): number {
  return Math.max(...phases.chaos.map((s) => s.to))
}

function isWithin(spans: readonly Span[], at: number): boolean {
  for (let i = 0; i < spans.length; i++) if (at >= spans[i].from && at < spans[i].to) return true
  return false
}
