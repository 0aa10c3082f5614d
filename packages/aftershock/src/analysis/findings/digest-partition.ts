import { edgeKey } from '../assemble/edge-key.ts'
import { Phase } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { Outcome } from '../judge/outcomes.ts'
import type { Told } from '../judge/told.ts'
import { waitLaidToFault } from '../judge/waits-laid.ts'
import { columnOf } from '../numbers/columns.ts'
import { type Affected, type Digest, findKey, MET } from './digest.ts'
import { EntryCounter } from './entry-tallies.ts'
import { shownAt } from './examples.ts'
import { countHit, emptyTally, type Found, foundOf, type Tally } from './found.ts'
import { KINDS, type Kind } from './kinds.ts'
import { MetCounter } from './met-tallies.ts'
import type { Pick } from './occurrences.ts'
import { headOf, RequestClasses } from './request-classes.ts'
import { firstRequests } from './sham.ts'

/** Which class each request of a partition is in. */
export type Classed = {
  readonly classKeys: readonly string[]
  /** Trace → index into `classKeys`; of those in no phase none that means anything. */
  readonly classOf: Uint32Array
}

/** What the telling needs of a partition. Requests are looked at one by one: a function called for each stays compiled. */
export function digestOf(
  told: Told,
  targets: ReadonlySet<number>,
): { readonly digest: Digest; readonly classed: Classed } {
  const { forest, phases } = told
  const happened = new Happened(told, targets)
  const met = new MetCounter(told, targets)
  const entries = new EntryCounter(told)
  const classes = new RequestClasses()
  const classOf = columnOf(Uint32Array, forest.traces)
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] === Phase.none) continue
    const shows = happened.add(t)
    if (met.add(t)) shows.push(0)
    entries.add(t)
    classOf[t] = classes.add(told, t, shows)
  }
  const all = classes.all((shown) => happened.keyOf(shown))
  return {
    digest: {
      classes: all,
      affected: affectedIn(told, classOf),
      found: happened.found(),
      met: met.tallies(),
      entries: entries.tallies(),
      rescued: happened.rescued === -1 ? undefined : shownAt(forest, happened.rescued),
      baseline: firstRequests(told),
    },
    classed: { classKeys: all.map((one) => one.key), classOf },
  }
}

/** More than any `Fail`. */
const FAILS = 16

type Finding = {
  readonly pickAt: (p: number) => Pick | undefined
  readonly measure: (told: Told, tally: Tally, p: number) => void
  readonly when: (told: Told, p: number) => number
  readonly kind: string
  /** Edge → its place in the list of all. */
  readonly edges: Map<number, number>
}

/** What happened on which edge, counted for a partition, request by request. */
class Happened {
  /** The first span at which a later attempt saved a request; -1: none. */
  rescued = -1
  readonly #told: Told
  /** By `Fail` of the span that is asked; of calls, of owners, and of others. */
  readonly #ofCalls: readonly (readonly Finding[])[]
  readonly #ofOwners: readonly (readonly Finding[])[]
  readonly #ofOthers: readonly (readonly Finding[])[]
  /** The first place is that of `MET`. */
  readonly #keys: string[] = [MET]
  readonly #tallies: (Tally | undefined)[] = [undefined]
  readonly #isSideways: Uint8Array
  readonly #marks: Uint8Array

  constructor(told: Told, targets: ReadonlySet<number>) {
    this.#told = told
    const edgesOf = new Map<string, Map<number, number>>()
    const all = KINDS.map(({ kind, spans, fails, pick, measure, when }) => {
      const edges = edgesOf.get(kind) ?? new Map<number, number>()
      edgesOf.set(kind, edges)
      return { spans, fails, finding: { kind, measure, when, pickAt: pick(told, targets), edges } }
    })
    const byFail = (asked?: Kind['spans']): readonly (readonly Finding[])[] =>
      Array.from({ length: FAILS }, (_, fail) =>
        all.flatMap(({ spans, fails, finding }) =>
          (spans === undefined || spans === asked) && fails?.includes(fail) !== false ? [finding] : [],
        ),
      )
    this.#ofCalls = byFail('calls')
    this.#ofOwners = byFail('owners')
    this.#ofOthers = byFail()
    this.#isSideways = Uint8Array.from(told.attribution.reasons, (reason) => (reason === 'sideways' ? 1 : 0))
    this.#marks = columnOf(Uint8Array, told.forest.length)
  }

  keyOf(shown: number): string {
    return this.#keys[shown]
  }

  found(): ReadonlyMap<string, Found> {
    return new Map(
      this.#tallies.flatMap((tally, i) =>
        tally === undefined ? [] : [[this.#keys[i], foundOf(this.#told, tally)]],
      ),
    )
  }

  /** @returns what the fault brought about in the request: numbers for `keyOf` */
  add(t: number): number[] {
    const shows: number[] = []
    if (!this.#marksAny(t)) return shows
    const { forest, phases, fail } = this.#told
    const phase = phases.ofTrace[t]
    for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
      if (this.#marks[p] === 0) continue
      if (this.rescued === -1 && isRescued(this.#told, p)) this.rescued = p
      const asked =
        forest.callee[p] !== -1 ? this.#ofCalls : forest.owner[p] === p ? this.#ofOwners : this.#ofOthers
      const findings = asked[fail[p]]
      for (let k = 0; k < findings.length; k++) {
        const picked = findings[k].pickAt(p)
        if (picked !== undefined) this.#note(findings[k], picked, phase, p, shows)
      }
    }
    return shows
  }

  #note(finding: Finding, picked: Pick, phase: number, p: number, shows: number[]): void {
    const place = this.#placeOf(finding, picked)
    const tally = this.#tallies[place]
    if (tally === undefined) return
    if (phase === Phase.baseline) tally.before += 1
    else if (picked.attributed === 0) tally.others += 1
    else {
      countHit(this.#told, tally, p, finding.when(this.#told, p))
      finding.measure(this.#told, tally, p)
      if (!shows.includes(place)) shows.push(place)
    }
  }

  #placeOf({ kind, edges }: Finding, { caller, callee }: Pick): number {
    const edge = edgeKey(caller, callee)
    const known = edges.get(edge)
    if (known !== undefined) return known
    const place = this.#tallies.length
    this.#tallies.push(emptyTally(kind, caller, callee))
    this.#keys.push(findKey(kind, edge))
    edges.set(edge, place)
    return place
  }

  /** Marks spans at which anything may have happened; most requests have none. */
  #marksAny(t: number): boolean {
    const { forest, fail, logical, hidden, sites, attribution } = this.#told
    const { inner } = logical
    const marks = this.#marks
    let any = false
    for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
      if (
        fail[p] === Fail.ok &&
        logical.attempt[p] <= 1 &&
        inner.extra[p] === 0 &&
        hidden.quiet[p] === -1 &&
        hidden.callee[p] === -1
      ) {
        const site = sites.ofPart[p]
        const isSideways = site !== -1 && sites.excess[p] === 1 && this.#isSideways[site] === 1
        if (!isSideways && waitLaidToFault(sites, attribution, p) === undefined) continue
        marks[p] = 1
        any = true
        continue
      }
      any = true
      marks[p] = 1
      if (forest.server[p] !== -1) marks[forest.server[p]] = 1
      // What is below may be the work of an attempt that shares the span.
      if (inner.extra[p] > 0) for (let c = p + 1; c < p + forest.size[p]; c += forest.size[c]) marks[c] = 1
    }
    return any
  }
}

/** A later attempt came through, and so did the request. */
function isRescued({ forest, fail, logical, attribution, outcomes }: Told, p: number): boolean {
  const before = logical.previous[p]
  if (before === -1 || fail[p] !== Fail.ok || attribution.failed[before] === 0) return false
  const outcome = outcomes.outcome[forest.trace[p]]
  return outcome === Outcome.absorbed || outcome === Outcome.slow
}

function affectedIn(told: Told, classOf: Uint32Array): Affected {
  const { forest, phases, outcomes } = told
  const affected: number[] = []
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] < Phase.chaos) continue
    if (outcomes.outcome[t] >= Outcome.failed) affected.push(t)
  }
  const n = affected.length
  const traceIds = new Uint8Array(n * 16)
  const [first, start, end] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)]
  const of = new Uint32Array(n)
  for (let i = 0; i < n; i++) {
    const t = affected[i]
    const head = headOf(told, t)
    const from = forest.row[head] * 16
    for (let k = 0; k < 16; k++) traceIds[i * 16 + k] = forest.table.traceIds[from + k]
    first[i] = forest.traceFirst[t]
    start[i] = forest.start[head]
    end[i] = forest.end[head]
    of[i] = classOf[t]
  }
  return { traceIds, first, start, end, of }
}
