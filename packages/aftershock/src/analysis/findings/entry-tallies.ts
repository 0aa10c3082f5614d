import { bucketAt, type Grid, gridOf } from '../assemble/grid.ts'
import { chaosEndOf, Phase } from '../assemble/phases.ts'
import { Outcome } from '../judge/outcomes.ts'
import type { Told } from '../judge/told.ts'
import { type Distribution, distributionsOf, joinedByKey } from '../numbers/distribution.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { push } from '../numbers/push.ts'
import { addTo, summedByKey } from '../numbers/sums.ts'
import { askedAt } from './asked-at.ts'
import {
  byRequest,
  type Examples,
  examplesOf,
  joinedExamples,
  leastBy,
  type Seeking,
  type Shown,
  seek,
  seeking,
  shownAt,
} from './examples.ts'
import { type BadSeeking, type BadWork, badSeeking, badWorkOf, joinedBad, noteBad } from './work-tallies.ts'

/** Users' requests by what they asked for (`asked`, an operation); those that lost their root are left out. */
export type EntryTallies = {
  /** What those took that did not fail, by `asked * 4 + phase`, ms. */
  readonly okMs: ReadonlyMap<number, Distribution>
  /** The same of those slow because of the fault; and what they would have taken without it. */
  readonly slowMs: ReadonlyMap<number, Distribution>
  readonly withoutMs: ReadonlyMap<number, Distribution>
  /** By `asked * BUCKETS + bucket`: how many, how many failed, and what the others took, ms. */
  readonly series: Readonly<Record<'n' | 'failed', ReadonlyMap<number, number>>>
  readonly seriesMs: ReadonlyMap<number, Distribution>
  /** Hit by the fault in chaos and recovery, by `asked * 8 + outcome`. */
  readonly hits: ReadonlyMap<number, UsersHit>
  /** Bad because of the fault, by `asked`. */
  readonly bad: ReadonlyMap<number, BadWork>
  /** In the last quarter of the recovery: all, and those failed or slow because of the fault. */
  readonly last: { readonly n: number; readonly hit: number }
  /** Operation of the entry → the good baseline request nearest to the middle of them. */
  readonly twins: ReadonlyMap<number, Twin>
}

type UsersHit = { readonly firstEndNs: number; readonly examples: Examples | undefined }
type Twin = { readonly offNs: number; readonly shown: Shown }

export const BUCKETS = 1024

/** Counts a partition's requests, one by one. */
export class EntryCounter {
  readonly #told: Told
  readonly #grid: Grid
  readonly #chaosEndNs: number
  readonly #lastNs: number
  readonly #okMs = new Map<number, number[]>()
  readonly #slowMs = new Map<number, number[]>()
  readonly #withoutMs = new Map<number, number[]>()
  readonly #n = new Map<number, number>()
  readonly #failed = new Map<number, number>()
  readonly #seriesMs = new Map<number, number[]>()
  readonly #hits = new Map<number, { firstEndNs: number; seeking: Seeking }>()
  readonly #bad = new Map<number, BadSeeking>()
  readonly #twins = new Map<number, { p: number; offNs: number }>()
  #last = { n: 0, hit: 0 }

  constructor(told: Told) {
    this.#told = told
    this.#grid = gridOf(told.phases)
    this.#chaosEndNs = chaosEndOf(told.phases)
    const recovery = told.phases.recovery.at(-1)
    this.#lastNs =
      recovery === undefined ? Number.POSITIVE_INFINITY : recovery.to - (recovery.to - recovery.from) / 4
  }

  add(t: number): void {
    const { forest, phases, outcomes } = this.#told
    const entry = forest.entry[t]
    if (entry === -1) return
    const asked = askedAt(forest, entry)
    const tookMs = (forest.end[entry] - forest.start[entry]) / 1e6
    const isFailed = outcomes.outcome[t] === Outcome.failed
    if (!isFailed) push(this.#okMs, asked * 4 + phases.ofTrace[t], tookMs)
    const bucket = bucketAt(this.#grid, forest.start[entry])
    if (bucket !== -1) {
      const key = asked * BUCKETS + bucket
      addTo(this.#n, key)
      if (isFailed) addTo(this.#failed, key)
      else push(this.#seriesMs, key, tookMs)
    }
    if (phases.ofTrace[t] === Phase.baseline) this.#seekTwin(t, entry)
    else this.#addExposed(t, entry, asked)
  }

  /** In chaos or recovery. */
  #addExposed(t: number, entry: number, asked: number): void {
    const { forest, phases, outcomes, attribution } = this.#told
    const [start, end, outcome] = [forest.start[entry], forest.end[entry], outcomes.outcome[t]]
    const isMine = outcomes.attributed[t] === 1
    const isHit = isMine && (outcome === Outcome.failed || outcome === Outcome.slow)
    if (phases.ofTrace[t] === Phase.recovery && start >= this.#lastNs) {
      this.#last.n += 1
      if (isHit) this.#last.hit += 1
    }
    if (!isMine) return
    const hits = this.#hits.get(asked * 8 + outcome) ?? { firstEndNs: end, seeking: seeking() }
    this.#hits.set(asked * 8 + outcome, hits)
    if (end < hits.firstEndNs) hits.firstEndNs = end
    seek(hits.seeking, forest, entry)
    if (!isHit) return
    const bad = this.#bad.get(asked) ?? badSeeking()
    this.#bad.set(asked, bad)
    noteBad(bad, this.#chaosEndNs, start, end, outcome === Outcome.failed ? 1 : 0)
    if (outcome !== Outcome.slow) return
    push(this.#slowMs, asked * 4 + phases.ofTrace[t], (end - start) / 1e6)
    push(this.#withoutMs, asked * 4 + phases.ofTrace[t], attribution.durationNs[entry] / 1e6)
  }

  #seekTwin(t: number, entry: number): void {
    const { forest, outcomes } = this.#told
    if (outcomes.outcome[t] !== Outcome.ok) return
    const offNs = Math.abs(forest.end[entry] - forest.start[entry] - outcomes.entryMiddleNs[forest.op[entry]])
    const known = this.#twins.get(forest.op[entry])
    if (known === undefined) this.#twins.set(forest.op[entry], { p: entry, offNs })
    else if (offNs < known.offNs) {
      known.offNs = offNs
      known.p = entry
    }
  }

  tallies(): EntryTallies {
    const { forest } = this.#told
    return {
      okMs: distributionsOf(this.#okMs),
      slowMs: distributionsOf(this.#slowMs),
      withoutMs: distributionsOf(this.#withoutMs),
      series: { n: this.#n, failed: this.#failed },
      seriesMs: distributionsOf(this.#seriesMs),
      hits: new Map(
        [...this.#hits].map(([key, { firstEndNs, seeking: sought }]) => [
          key,
          { firstEndNs, examples: examplesOf(sought, forest) },
        ]),
      ),
      bad: new Map([...this.#bad].map(([key, bad]) => [key, badWorkOf(bad)])),
      last: this.#last,
      twins: new Map(
        [...this.#twins].map(([op, { p, offNs }]) => [op, { offNs, shown: shownAt(forest, p) }]),
      ),
    }
  }
}

export function joinedEntries(seen: readonly EntryTallies[]): EntryTallies {
  const times = (what: 'okMs' | 'slowMs' | 'withoutMs' | 'seriesMs'): ReadonlyMap<number, Distribution> =>
    joinedByKey(seen.map((s) => s[what]))
  return {
    okMs: times('okMs'),
    slowMs: times('slowMs'),
    withoutMs: times('withoutMs'),
    series: {
      n: summedByKey(seen.map((s) => s.series.n)),
      failed: summedByKey(seen.map((s) => s.series.failed)),
    },
    seriesMs: times('seriesMs'),
    hits: joinedMaps(
      seen.map((s) => s.hits),
      joinedHits,
    ),
    bad: joinedMaps(
      seen.map((s) => s.bad),
      joinedBad,
    ),
    last: {
      n: seen.reduce((n, s) => n + s.last.n, 0),
      hit: seen.reduce((n, s) => n + s.last.hit, 0),
    },
    twins: joinedMaps(
      seen.map((s) => s.twins),
      (list) => leastBy(list, (a, b) => a.offNs - b.offNs || byRequest(a.shown, b.shown)),
    ),
  }
}

export function joinedHits(list: readonly UsersHit[]): UsersHit {
  return {
    firstEndNs: Math.min(...list.map((one) => one.firstEndNs)),
    examples: joinedExamples(list.map((one) => one.examples)),
  }
}
