import { CallCounter, type CallTallies, joinedCalls } from './call-tallies.ts'
import type { Distribution, Values } from './distribution.ts'
import type { Forest } from './forest.ts'
import { HarmCounter, type HarmTallies, joinedHarm } from './harm-tallies.ts'
import { joinedMaps } from './joined-maps.ts'
import type { Told } from './judge-steps.ts'
import { Phase } from './phases.ts'
import { summed } from './sums.ts'
import { joinedBad, WorkSeeker, type WorkTallies } from './work-tallies.ts'

/** What is counted over all spans. */
export type Tallies<Times = Distribution> = {
  readonly calls: CallTallies<Times>
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

/** Requests are looked at one by one: a function called for each stays compiled, and all it reads is near. */
export function talliesOf(told: Told): Tallies<Values> {
  const { forest, phases } = told
  const called = new Float64Array(forest.services.length)
  const [calls, harm, work] = [new CallCounter(told), new HarmCounter(told), new WorkSeeker(told)]
  let [untold, rootless] = [0, 0]
  for (let t = 0; t < forest.traces; t++) {
    untold += countCalled(forest, t, called)
    if (forest.entry[t] === -1) rootless += 1
    if (phases.ofTrace[t] === Phase.none) continue
    calls.add(t)
    harm.add(t)
    work.add(t)
  }
  return {
    calls: calls.tallies(),
    harm: harm.tallies(),
    work: work.tallies(),
    called,
    spans: forest.length - untold + forest.proxies + forest.duplicates,
    untold,
    traces: forest.traces,
    orphans: forest.orphans,
    duplicates: forest.duplicates,
    rootless,
  }
}

/** @returns calls of the trace that nobody tells of */
function countCalled({ traceStart, callee, untold }: Forest, t: number, called: Float64Array): number {
  let found = 0
  for (let p = traceStart[t]; p < traceStart[t + 1]; p++) {
    if (callee[p] !== -1) called[callee[p]] += 1
    if (untold[p] === 1) found += 1
  }
  return found
}

export function joinedTallies(seen: readonly Tallies<Values>[]): Tallies {
  const sum = (what: 'spans' | 'untold' | 'traces' | 'orphans' | 'duplicates' | 'rootless'): number =>
    seen.reduce((n, s) => n + s[what], 0)
  return {
    calls: joinedCalls(seen.map((s) => s.calls)),
    harm: joinedHarm(seen.map((s) => s.harm)),
    work: joinedMaps(
      seen.map((s) => s.work),
      joinedBad,
    ),
    called: summed(seen.map((s) => s.called)),
    spans: sum('spans'),
    untold: sum('untold'),
    traces: sum('traces'),
    orphans: sum('orphans'),
    duplicates: sum('duplicates'),
    rootless: sum('rootless'),
  }
}
