import { CLIENT } from '../../model/span-kind.ts'
import { Phase } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import type { Told } from '../judge/told.ts'
import type { Distribution, Values } from '../numbers/distribution.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { summed } from '../numbers/sums.ts'
import { CallCounter, type CallTallies, joinedCalls } from './call-tallies.ts'
import { HarmCounter, type HarmTallies, joinedHarm } from './harm-tallies.ts'
import { joinedBad, WorkSeeker, type WorkTallies } from './work-tallies.ts'

/** What is counted over all spans. */
export type Tallies<Times = Distribution> = {
  readonly calls: CallTallies<Times>
  readonly harm: HarmTallies
  readonly work: WorkTallies
  /** Calls by service called. */
  readonly called: Float64Array
  /** Of them good ones that their caller tells of; and those of which the service called has no span. */
  readonly answered: Float64Array
  readonly unseen: Float64Array
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
  const zeros = (): Float64Array => new Float64Array(forest.services.length)
  const counts = { called: zeros(), answered: zeros(), unseen: zeros() }
  const [calls, harm, work] = [new CallCounter(told), new HarmCounter(told), new WorkSeeker(told)]
  let [untold, rootless] = [0, 0]
  for (let t = 0; t < forest.traces; t++) {
    untold += countCalled(told, t, counts)
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
    ...counts,
    spans: forest.length - untold + forest.proxies + forest.duplicates,
    untold,
    traces: forest.traces,
    orphans: forest.orphans,
    duplicates: forest.duplicates,
    rootless,
  }
}

type ByService = Pick<Tallies, 'called' | 'answered' | 'unseen'>

/** @returns calls of the trace that nobody tells of */
function countCalled({ forest, fail }: Told, t: number, { called, answered, unseen }: ByService): number {
  const { traceStart, callee, untold, kind, server } = forest
  let found = 0
  for (let p = traceStart[t]; p < traceStart[t + 1]; p++) {
    if (untold[p] === 1) found += 1
    const to = callee[p]
    if (to === -1) continue
    called[to] += 1
    if (untold[p] === 1 || kind[p] !== CLIENT || fail[p] !== Fail.ok) continue
    answered[to] += 1
    if (server[p] === -1) unseen[to] += 1
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
    answered: summed(seen.map((s) => s.answered)),
    unseen: summed(seen.map((s) => s.unseen)),
    spans: sum('spans'),
    untold: sum('untold'),
    traces: sum('traces'),
    orphans: sum('orphans'),
    duplicates: sum('duplicates'),
    rootless: sum('rootless'),
  }
}
