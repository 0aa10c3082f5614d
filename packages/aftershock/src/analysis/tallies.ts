import { type CallTallies, joinedCalls, tallyCalls } from './call-tallies.ts'
import type { Retried } from './digest-partition.ts'
import { type EligibleSeen, eligibleSeen } from './eligible.ts'
import { type HarmTallies, joinedHarm, tallyHarm } from './harm-tallies.ts'
import type { Told } from './judge-steps.ts'
import { joinedWork, tallyWork, type WorkTallies } from './recovery.ts'
import { pausesSeen } from './retries.ts'
import { summed } from './sums.ts'

/** What is counted over all spans. */
export type Tallies = {
  readonly calls: CallTallies
  readonly harm: HarmTallies
  readonly work: WorkTallies
  readonly eligible: EligibleSeen
  /** See `pausesSeen`. */
  readonly pausesMs: ReadonlyMap<number, readonly number[]>
  /** Calls by service called. */
  readonly called: Float64Array
  readonly spans: number
  /** Calls that are told by their answers alone. */
  readonly untold: number
  readonly traces: number
  readonly orphans: number
  readonly duplicates: number
  readonly rootless: number
}

export function talliesOf(told: Told, targets: ReadonlySet<number>, retried: Retried): Tallies {
  const { forest } = told
  const called = new Float64Array(forest.services.length)
  let untold = 0
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] !== -1) called[forest.callee[p]] += 1
    if (forest.untold[p] === 1) untold += 1
  }
  return {
    calls: tallyCalls(told),
    harm: tallyHarm(told),
    work: tallyWork(told),
    eligible: eligibleSeen(told, targets),
    pausesMs: pausesSeen(told, retried.positions, retried.edges),
    called,
    spans: forest.length - untold + forest.duplicates,
    untold,
    traces: forest.traces,
    orphans: forest.orphans,
    duplicates: forest.duplicates,
    rootless: forest.entry.reduce((n, entry) => n + (entry === -1 ? 1 : 0), 0),
  }
}

export function joinedTallies(seen: readonly Tallies[]): Tallies {
  const sum = (what: 'spans' | 'untold' | 'traces' | 'orphans' | 'duplicates' | 'rootless'): number =>
    seen.reduce((n, s) => n + s[what], 0)
  const pausesMs = new Map<number, number[]>()
  for (const [key, list] of seen.flatMap((s) => [...s.pausesMs])) {
    const known = pausesMs.get(key) ?? []
    pausesMs.set(key, known)
    for (const ms of list) known.push(ms)
  }
  return {
    calls: joinedCalls(seen.map((s) => s.calls)),
    harm: joinedHarm(seen.map((s) => s.harm)),
    work: joinedWork(seen.map((s) => s.work)),
    eligible: {
      before: seen.reduce((n, s) => n + s.eligible.before, 0),
      during: seen.reduce((n, s) => n + s.eligible.during, 0),
      late: seen.reduce((n, s) => n + s.eligible.late, 0),
    },
    pausesMs,
    called: summed(seen.map((s) => s.called)),
    spans: sum('spans'),
    untold: sum('untold'),
    traces: sum('traces'),
    orphans: sum('orphans'),
    duplicates: sum('duplicates'),
    rootless: sum('rootless'),
  }
}
