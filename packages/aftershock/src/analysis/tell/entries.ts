import type { Impact, Journey, Red } from '../../model/result.ts'
import { PHASE_NAMES, Phase } from '../assemble/phases.ts'
import { entryLabel } from '../findings/affected.ts'
import type { Facts } from '../findings/facts.ts'
import type { RequestClass } from '../findings/request-classes.ts'
import { Outcome } from '../judge/outcomes.ts'
import { wilson } from '../numbers/compare.ts'
import { type Distribution, joinedDistribution, quantileIn } from '../numbers/distribution.ts'

/** Requests of one entry, by class and by phase (index: `Phase`). */
export type Entry = {
  readonly entry: string
  readonly label: string
  /** Operations that are known to people by this name. */
  readonly asked: readonly number[]
  readonly phases: readonly (readonly RequestClass[])[]
}

/** Entries by name; those most hit in chaos first, then the busiest. */
export function entriesOf(facts: Facts): readonly Entry[] {
  const found = new Map<string, { label: string; asked: Set<number>; phases: RequestClass[][] }>()
  for (const one of facts.digest.classes) {
    if (!one.isRooted) continue
    const name = entryLabel(facts, one.asked)
    const known = found.get(name) ?? {
      label: facts.system.ops[one.asked].label,
      asked: new Set(),
      phases: [[], [], [], []],
    }
    known.phases[one.phase].push(one)
    known.asked.add(one.asked)
    found.set(name, known)
  }
  const hit = (e: Entry): number => hitsOf(e.phases[Phase.chaos])
  const entries = [...found].map(([entry, { asked, ...more }]) => ({ entry, asked: [...asked], ...more }))
  const size = (e: Entry): number => e.phases.reduce((sum, list) => sum + countOf(list), 0)
  return entries.sort((a, b) => hit(b) - hit(a) || size(b) - size(a) || (a.entry < b.entry ? -1 : 1))
}

/** How many requests there are in some classes. */
export function countOf(
  classes: readonly RequestClass[],
  isCounted = (_: RequestClass): boolean => true,
): number {
  return classes.reduce((n, one) => (isCounted(one) ? n + one.n : n), 0)
}

/** Requests of a phase, and those of them that failed, whatever the cause. */
export function failuresIn(
  phases: Entry['phases'],
  phase: number,
): { readonly n: number; readonly failed: number } {
  const requests = phases[phase]
  return { n: countOf(requests), failed: countOf(requests, (one) => one.outcome === Outcome.failed) }
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
export function effectOn(requests: readonly RequestClass[]): Effect {
  const [failed, slow] = [Outcome.failed, Outcome.slow].map((outcome) =>
    countOf(requests, (one) => one.isAttributed && one.outcome === outcome),
  )
  const main = failed >= slow ? 'failed' : 'slow'
  return { failed, slow, main, hit: main === 'failed' ? failed : slow }
}

/** Requests that failed or were slow because of the fault, together: `impact.attributed`. */
function hitsOf(requests: readonly RequestClass[]): number {
  const { failed, slow } = effectOn(requests)
  return failed + slow
}

/** Values by `asked * 4 + phase` of the operations of an entry, in some phases. */
export function valuesOf(
  { asked }: Entry,
  values: ReadonlyMap<number, Distribution>,
  phases: readonly number[],
): Distribution {
  return joinedDistribution(
    asked.flatMap((op) => phases.flatMap((phase) => values.get(op * 4 + phase) ?? [])),
  )
}

export function impactOf(entries: readonly Entry[]): readonly Impact[] {
  return entries.flatMap((e) =>
    PHASE_NAMES.flatMap((phase, i) => {
      const classes = e.phases[i + 1]
      const requests = countOf(classes)
      if (requests === 0) return []
      const [failed, slow] = [Outcome.failed, Outcome.slow].map((outcome) =>
        countOf(classes, (one) => one.outcome === outcome),
      )
      const effect = effectOn(phase === 'baseline' ? [] : classes)
      const attributed = effect.failed + effect.slow
      return [
        {
          entry: e.entry,
          phase,
          requests,
          failed,
          slow,
          attributed,
          attributedFailed: effect.failed,
          attributedSlow: effect.slow,
          background: failed + slow - attributed,
          share: attributed / requests,
          ci95: wilson(attributed, requests),
        },
      ]
    }),
  )
}

export function journeysOf(facts: Facts, entries: readonly Entry[]): readonly Journey[] {
  return entries.map((e) => {
    const chaos = e.phases[Phase.chaos]
    const { hit } = effectOn(chaos)
    const total = countOf(chaos)
    return {
      id: journeyId(e.entry),
      label: e.label,
      entry: e.entry,
      phases: {
        baseline: redOf(facts, e, Phase.baseline),
        chaos: redOf(facts, e, Phase.chaos),
        recovery: redOf(facts, e, Phase.recovery),
      },
      reach: { hit, total, ci95: wilson(hit, total) },
    }
  })
}

export function journeyId(entry: string): string {
  return entry
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}

function redOf({ digest }: Facts, e: Entry, phase: number): Red {
  const { n, failed: errors } = failuresIn(e.phases, phase)
  return { n, errors, ...quantilesMs(valuesOf(e, digest.entries.okMs, [phase])) }
}

export function quantilesMs(tookMs: Distribution): {
  p50Ok: number | null
  p95Ok: number | null
  p99Ok: number | null
} {
  const at = (q: number): number | null =>
    tookMs.n === 0 ? null : Math.round(quantileIn(tookMs, q) * 100) / 100
  return { p50Ok: at(0.5), p95Ok: at(0.95), p99Ok: at(0.99) }
}
