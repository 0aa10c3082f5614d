import { type CallTallies, joinedCalls, tallyCalls } from './call-tallies.ts'
import { type HarmTallies, joinedHarm, tallyHarm } from './harm-tallies.ts'
import type { Told } from './judge-steps.ts'
import { summed } from './sums.ts'
import { joinedByNumber, tallyWork, type WorkTallies } from './work-tallies.ts'

/** What is counted over all spans. */
export type Tallies = {
  readonly calls: CallTallies
  readonly harm: HarmTallies
  readonly work: WorkTallies
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

export function talliesOf(told: Told): Tallies {
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
  return {
    calls: joinedCalls(seen.map((s) => s.calls)),
    harm: joinedHarm(seen.map((s) => s.harm)),
    work: joinedByNumber(seen.map((s) => s.work)),
    called: summed(seen.map((s) => s.called)),
    spans: sum('spans'),
    untold: sum('untold'),
    traces: sum('traces'),
    orphans: sum('orphans'),
    duplicates: sum('duplicates'),
    rootless: sum('rootless'),
  }
}
