import { describe, expect, test } from 'vitest'
import { analyse, type Findings } from './analyse.ts'
import { randomWorld } from './test-support/random-world.ts'
import { caseOf, type Truth } from './test-support/truth.ts'
import type { World } from './test-support/world.ts'
import { WORLDS } from './test-support/worlds.ts'

// Each world runs twice on the same luck, with the fault and without; what differs is the truth.

const SEEDS = (process.env.AFTERSHOCK_SEEDS ?? '1').split(',').map(Number)
/** A mechanism with fewer occurrences may be told or not: three are the least that is told at all. */
const SURE = 8

type Score = { readonly right: number; readonly told: number; readonly true: number }

function score(told: ReadonlySet<string>, truth: ReadonlySet<string>): Score {
  return { right: [...told].filter((id) => truth.has(id)).length, told: told.size, true: truth.size }
}

function attributed(findings: Findings, outcome: 'failed' | 'slow'): ReadonlySet<string> {
  return new Set(findings.traces.filter((t) => t.attributed && t.outcome === outcome).map((t) => t.traceId))
}

/** Waiting is counted by the simulation for a turn alone, not where all slow down. */
function mechanisms(findings: Findings, truth: Truth): ReadonlyMap<string, number> {
  const isCounted = (kind: string): boolean =>
    kind !== 'queueing' || [...truth.mechanisms.keys()].some((key) => key.startsWith('queueing '))
  return new Map(
    findings.mechanisms
      .filter((m) => m.verdict !== 'absent' && isCounted(m.kind))
      .map((m) => [`${m.kind} ${m.caller}>${m.callee}`, m.count]),
  )
}

/** What was told and is not so, what was so and is not told, and counts that are off by more than 5 % (and 2, and what lost spans took). */
function wrongMechanisms(
  found: ReadonlyMap<string, number>,
  truth: Truth,
  lostShare: number,
): readonly string[] {
  const missing = [...truth.mechanisms].filter(([key, n]) => n >= SURE && !found.has(key))
  const extra = [...found].filter(([key]) => !truth.mechanisms.has(key))
  const off = [...found].filter(([key, n]) => {
    const real = truth.mechanisms.get(key) ?? n
    return Math.abs(n - real) > Math.max(2, (0.05 + 2 * lostShare) * real)
  })
  return [
    ...missing.map(([key, n]) => `missing: ${key}, ${n} times`),
    ...extra.map(([key, n]) => `not so: ${key}, ${n} times`),
    ...off.map(([key, n]) => `count: ${key} is ${truth.mechanisms.get(key)}, told ${n}`),
  ]
}

const CHANCE: Readonly<Record<string, World>> = Object.fromEntries(
  [1, 2, 3, 4, 5, 6].map((seed) => [`a system drawn by chance, ${seed}`, randomWorld(seed)]),
)

for (const [name, world] of Object.entries({ ...WORLDS, ...CHANCE })) {
  describe(name, () => {
    for (const seed of SEEDS) {
      test(`analyse() finds what the same luck without the fault did not have (seed ${seed})`, () => {
        const { table, windows, truth } = caseOf(world, seed)
        const lost = world.lostShare ?? 0
        const findings = analyse({ table, windows })
        const [failed, slow] = [
          score(attributed(findings, 'failed'), truth.failed),
          score(attributed(findings, 'slow'), truth.slow),
        ]
        expect({ failed, slow, wrong: wrongMechanisms(mechanisms(findings, truth), truth, lost) }).toEqual({
          failed: enough(failed, lost),
          slow: enough(slow, lost),
          wrong: [],
        })
      })
    }
  })
}

/**
 * Precision 0.99 and recall 0.97, or two requests, whichever is more lenient. A request whose root or whose failed
 * call is lost cannot be told.
 */
function enough(found: Score, lostShare: number): Score {
  const isPrecise = found.told - found.right <= Math.max(2, 0.01 * found.told)
  const isComplete = found.true - found.right <= Math.max(2, (0.03 + 2 * lostShare) * found.true)
  return isPrecise && isComplete ? found : { right: found.true, told: found.true, true: found.true }
}
