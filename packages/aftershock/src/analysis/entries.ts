import type { Impact, Journey, Red } from '../model/result.ts'
import { entryLabel } from './affected.ts'
import { quantileOf, wilson } from './compare.ts'
import type { Facts } from './facts.ts'
import { Outcome } from './outcomes.ts'
import { PHASE_NAMES, Phase } from './phases.ts'

/** Requests of one entry, the trace numbers by phase (index: `Phase`). */
export type EntryTraces = {
  readonly entry: string
  readonly label: string
  readonly traces: readonly (readonly number[])[]
}

/** Entries by name; those most hit in chaos first, then the busiest. */
export function entriesOf(facts: Facts): readonly EntryTraces[] {
  const { forest } = facts
  const found = new Map<string, { label: string; traces: number[][] }>()
  for (let t = 0; t < forest.traces; t++) {
    const entry = forest.entry[t]
    if (entry === -1) continue
    const name = entryLabel(facts, t)
    const known = found.get(name) ?? { label: name.slice(name.indexOf(' ') + 1), traces: [[], [], [], []] }
    known.traces[forest.ofPhase[t]].push(t)
    found.set(name, known)
  }
  const hit = (e: EntryTraces): number => hitsOf(facts, e.traces[Phase.chaos])
  const entries = [...found].map(([entry, { label, traces }]) => ({ entry, label, traces }))
  const size = (e: EntryTraces): number => e.traces.reduce((sum, list) => sum + list.length, 0)
  return entries.sort((a, b) => hit(b) - hit(a) || size(b) - size(a) || (a.entry < b.entry ? -1 : 1))
}

/** What the fault did to requests, each counted once. */
export type Effect = {
  /** Failed because of it. */
  readonly failed: number
  /** Succeeded, but slow because of it. */
  readonly slow: number
  /** What is told as "hit": failures where there are as many as slow ones, else the slow ones. */
  readonly main: 'failed' | 'slow'
  /** `failed` or `slow`, as `main` says. */
  readonly hit: number
}

/** One count for the headline, the reach, the last step and the journeys (docs/reference/findings.md#users-hit). */
export function effectOn(facts: Facts, traces: readonly number[]): Effect {
  const { outcome, attributed } = facts.forest
  let [failed, slow] = [0, 0]
  for (const t of traces) {
    if (attributed[t] === 0) continue
    if (outcome[t] === Outcome.failed) failed += 1
    else if (outcome[t] === Outcome.slow) slow += 1
  }
  const main = failed >= slow ? 'failed' : 'slow'
  return { failed, slow, main, hit: main === 'failed' ? failed : slow }
}

/** Requests that failed or were slow because of the fault, together: `impact.attributed`. */
export function hitsOf(facts: Facts, traces: readonly number[]): number {
  const { outcome, attributed } = facts.forest
  return traces.filter(
    (t) => attributed[t] === 1 && (outcome[t] === Outcome.failed || outcome[t] === Outcome.slow),
  ).length
}

export function impactOf(facts: Facts, entries: readonly EntryTraces[]): readonly Impact[] {
  return entries.flatMap((e) =>
    PHASE_NAMES.flatMap((phase, i) => {
      const traces = e.traces[i + 1]
      if (traces.length === 0) return []
      const count = (outcome: number): number =>
        traces.filter((t) => facts.forest.outcome[t] === outcome).length
      const [failed, slow] = [count(Outcome.failed), count(Outcome.slow)]
      const effect = effectOn(facts, phase === 'baseline' ? [] : traces)
      const attributed = effect.failed + effect.slow
      return [
        {
          entry: e.entry,
          phase,
          requests: traces.length,
          failed,
          slow,
          attributed,
          attributedFailed: effect.failed,
          attributedSlow: effect.slow,
          background: failed + slow - attributed,
          share: attributed / traces.length,
          ci95: wilson(attributed, traces.length),
        },
      ]
    }),
  )
}

export function journeysOf(facts: Facts, entries: readonly EntryTraces[]): readonly Journey[] {
  return entries.map((e) => {
    const chaos = e.traces[Phase.chaos]
    const { hit } = effectOn(facts, chaos)
    return {
      id: journeyId(e),
      label: e.label,
      entry: e.entry,
      phases: {
        baseline: redOf(facts, e.traces[Phase.baseline]),
        chaos: redOf(facts, chaos),
        recovery: redOf(facts, e.traces[Phase.recovery]),
      },
      reach: { hit, total: chaos.length, ci95: wilson(hit, chaos.length) },
    }
  })
}

export function journeyId(e: EntryTraces): string {
  return e.entry
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}

function redOf(facts: Facts, traces: readonly number[]): Red {
  const { forest } = facts
  const good = traces.filter((t) => forest.outcome[t] !== Outcome.failed)
  const tookMs = good.map((t) => (forest.end[forest.entry[t]] - forest.start[forest.entry[t]]) / 1e6)
  return { n: traces.length, errors: traces.length - good.length, ...quantilesMs(tookMs) }
}

export function quantilesMs(valuesMs: readonly number[]): {
  p50Ok: number | null
  p95Ok: number | null
  p99Ok: number | null
} {
  return sortedQuantilesMs(Float64Array.from(valuesMs).sort())
}

export function sortedQuantilesMs(sorted: Float64Array): ReturnType<typeof quantilesMs> {
  const at = (q: number): number | null =>
    sorted.length === 0 ? null : Math.round(quantileOf(sorted, q) * 100) / 100
  return { p50Ok: at(0.5), p95Ok: at(0.95), p99Ok: at(0.99) }
}
