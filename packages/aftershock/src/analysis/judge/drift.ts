import type { Forest } from '../assemble/forest.ts'
import { Phase, type Phases, type Span } from '../assemble/phases.ts'
import { moreOften } from '../numbers/compare.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { summed } from '../numbers/sums.ts'
import { isOfTime, rate, type Site, type Sites } from './sites.ts'

/**
 * A system that becomes slower by itself goes above what its baseline knows sooner or later, whoever was injected
 * meanwhile. What a fault adds begins with it: there is more of it in the first half of its time than just before.
 */
const HALVES = 3

/** Site → opportunities and events in the halves of the baseline and the first half of chaos. */
export type HalvesSeen = ReadonlyMap<number, { readonly n: Float64Array; readonly hits: Float64Array }>

/** A fault that is over takes its effect along: what goes on at this share of it, or more, may have been on its way before. */
const GOES_ON_SHARE = 0.5
/** What drifts is above what the baseline knows by little: no more than this times the baseline's own outliers. */
const EXCESS_MAX = 3
/** By how much a drift may grow from one half of the baseline to the next half window: more is a step. */
const GROWTH_MAX = 4
/** A drift that grows faster yet looks like a small step: what goes on after the fault has to be more certain than what does not. */
const STEP_LEVEL = 1e-4

/** Sites of time laid to the fault that may drift instead; indices. */
export function mayDrift(list: readonly Site[], isBlamed: (i: number) => boolean): readonly number[] {
  return list.flatMap((site, i) => {
    if (!isOfTime(site) || !isBlamed(i) || isFar(site)) return []
    const goesOn = rate(site, Phase.recovery) >= GOES_ON_SHARE * rate(site, Phase.chaos)
    return goesOn || site.n[Phase.recovery] === 0 ? [i] : []
  })
}

function isFar({ excessNs, hits }: Site): boolean {
  const mean = (phase: number): number => (hits[phase] === 0 ? 0 : excessNs[phase] / hits[phase])
  return mean(Phase.chaos) > EXCESS_MAX * mean(Phase.baseline)
}

export function halvesSeen(
  { forest, sites, phases }: { readonly forest: Forest; readonly sites: Sites; readonly phases: Phases },
  asked: readonly number[],
): HalvesSeen {
  const seen = new Map(asked.map((i) => [i, { n: new Float64Array(HALVES), hits: new Float64Array(HALVES) }]))
  if (asked.length === 0) return seen
  const [beforeNs, chaosNs] = [halfwayNs(phases.baseline), halfwayNs(phases.chaos)]
  for (let p = 0; p < forest.length; p++) {
    const tally = seen.get(sites.ofPart[p])
    if (tally === undefined) continue
    const phase = phases.ofTrace[forest.trace[p]]
    const isLate = forest.start[p] >= (phase === Phase.baseline ? beforeNs : chaosNs)
    if (phase === Phase.none || phase === Phase.recovery || (phase === Phase.chaos && isLate)) continue
    const half = phase === Phase.chaos ? 2 : isLate ? 1 : 0
    tally.n[half] += 1
    tally.hits[half] += sites.excess[p]
  }
  return seen
}

/** When half of the time in the windows is over. */
function halfwayNs(spans: readonly Span[]): number {
  let left = spans.reduce((sum, { from, to }) => sum + to - from, 0) / 2
  for (const { from, to } of spans) {
    if (left <= to - from) return from + left
    left -= to - from
  }
  return Number.POSITIVE_INFINITY
}

/** Those that do not begin with the fault: its first half is no worse than what the baseline was growing to. */
export function driftingSites(seen: readonly HalvesSeen[]): readonly number[] {
  const joined = joinedMaps(seen, (all) => ({
    n: summed(all.map((one) => one.n)),
    hits: summed(all.map((one) => one.hits)),
  }))
  return [...joined].flatMap(([i, { n, hits }]) => {
    // One more than seen: the threshold was chosen from the same values.
    const [first, last] = [(hits[0] + 1) / (n[0] + 1), (hits[1] + 1) / (n[1] + 1)]
    const growth = Math.min(GROWTH_MAX, Math.max(1, last / first))
    const expected = Math.min(n[1] + 1, (hits[1] + 1) * growth)
    return moreOften(expected, n[1] + 1, hits[2], n[2]) < STEP_LEVEL ? [] : [i]
  })
}
