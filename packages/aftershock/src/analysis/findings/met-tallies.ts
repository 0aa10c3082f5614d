import { PRODUCER } from '../../model/span-kind.ts'
import { edgeKey, edgeOf } from '../assemble/edge-key.ts'
import { chaosEndOf, Phase } from '../assemble/phases.ts'
import { Fail, OWN_POOL } from '../calls/failure.ts'
import { rootOf } from '../calls/origins.ts'
import type { Told } from '../judge/told.ts'
import type { Waited } from '../judge/wait-sites.ts'
import { waitLaidToFault } from '../judge/waits-laid.ts'
import { type Distribution, distributionOf, joinedDistribution } from '../numbers/distribution.ts'
import { addTo, summedByKey } from '../numbers/sums.ts'
import { addedMs, beginsInItsCalls, isEligible, isWithinFault, meets, middleOf } from './eligible.ts'
import { type Examples, examplesOf, joinedExamples, type Seeking, seek, seeking } from './examples.ts'

/** Spans that the fault could be met at, and those of them that met it (or what looks like it). */
export type MetTallies = {
  readonly eligible: number
  /** Beside these: under way as the fault began or ended, or before or after in the same request, and did not meet it. */
  readonly slipped: number
  readonly n: number
  /** Messages that were sent well: looked at where they are taken up, if they are. */
  readonly sent: number
  readonly failed: number
  /** Those that began in a target's own call, not in its answer. */
  readonly inItsCalls: number
  /** `Fail` of the failure at the root → how many. */
  readonly roots: ReadonlyMap<number, number>
  /** What those took longer of which it is known, ms. */
  readonly addedMs: Distribution
  /** Of these what did not fail. */
  readonly lateMs: Distribution
  /** How much longer messages lay that met it in no other way, ms. */
  readonly lainMs: Distribution
  readonly examples: Examples | undefined
}

/**
 * Before: in the baseline. Late: in the second half of the recovery. Unsent: of chaos as well, calls that never left
 * their caller, which waited in vain for a connection of its own pool.
 */
export type MetByTime = Readonly<Record<'before' | 'during' | 'unsent' | 'late', MetTallies>>

/** With fewer that were sent, what was not is all that is seen of the fault: who cannot connect has no connection to lend. */
const SENT_MIN = 3

/** Calls that met the fault while it was on. */
export function metDuring({ during, unsent }: MetByTime): MetTallies {
  return during.n >= SENT_MIN || unsent.eligible === 0 ? during : joinedTallies([during, unsent])
}

type Counting = {
  eligible: number
  slipped: number
  n: number
  sent: number
  failed: number
  inItsCalls: number
  readonly roots: Map<number, number>
  readonly addedMs: number[]
  readonly lateMs: number[]
  readonly lainMs: number[]
  readonly seeking: Seeking
}

/** Counts a partition's, request by request. */
export class MetCounter {
  readonly #told: Told
  readonly #targets: ReadonlySet<number>
  /** What is called after it meets the fault no more, though its request began before. */
  readonly #endNs: number
  readonly #middleNs: number
  /** Senders and takers between whom it is known how long messages lie, by `edgeKey`. */
  readonly #taking: ReadonlySet<number>
  readonly #before = counting()
  readonly #during = counting()
  readonly #unsent = counting()
  readonly #late = counting()

  constructor(told: Told, targets: ReadonlySet<number>) {
    this.#told = told
    this.#targets = targets
    this.#endNs = chaosEndOf(told.phases)
    this.#middleNs = middleOf(told.phases) ?? Number.POSITIVE_INFINITY
    this.#taking = new Set(told.sites.list.flatMap((site) => (site.what === 'wait' ? [edgeOf(site)] : [])))
  }

  /** @returns whether the request met the fault while it was on */
  add(t: number): boolean {
    const { forest, phases } = this.#told
    const metBefore = this.#during.n + this.#unsent.n
    for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
      if (!isEligible(this.#told, this.#targets, p)) continue
      if (this.#isTakenElsewhere(p)) {
        if (phases.ofTrace[t] === Phase.chaos) this.#during.sent += 1
        continue
      }
      const lain = this.#lainAt(p)
      const phase = lain?.isDuring === true ? Phase.chaos : phases.ofTrace[t]
      if (phase === Phase.baseline) this.#count(this.#before, p)
      else if (phase === Phase.chaos && (forest.start[p] < this.#endNs || lain?.isDuring === true)) {
        const isHit = lain !== undefined || meets(this.#told, p)
        // Cut off as another's answer came: whether its own was held up nobody saw.
        if (!isHit && this.#told.fail[p] === Fail.cancelled) continue
        if (this.#told.origins.as[p] === OWN_POOL) this.#count(this.#unsent, p)
        else if (isHit || isWithinFault(this.#told, p)) this.#count(this.#during, p)
        else this.#during.slipped += 1
      } else if (forest.start[p] >= this.#middleNs) this.#count(this.#late, p)
    }
    return this.#during.n + this.#unsent.n > metBefore
  }

  #count(of: Counting, p: number): void {
    const told = this.#told
    of.eligible += 1
    if (!meets(told, p)) {
      const lain = this.#lainAt(p)
      if (lain === undefined) return
      of.n += 1
      of.lainMs.push(lain.moreNs / 1e6)
      seek(of.seeking, told.forest, p)
      return
    }
    const isGood = told.fail[p] === Fail.ok
    of.n += 1
    const ms = addedMs(told, p)
    if (!Number.isNaN(ms)) {
      of.addedMs.push(ms)
      if (isGood) of.lateMs.push(ms)
    }
    if (!isGood) {
      of.failed += 1
      const as = told.origins.as[rootOf(told.origins, p)]
      addTo(of.roots, as)
    }
    if (beginsInItsCalls(told, p, this.#targets)) of.inItsCalls += 1
    seek(of.seeking, told.forest, p)
  }

  /** A message that was sent well is looked at where it is taken up: in a trace of its own. */
  #isTakenElsewhere(p: number): boolean {
    const { forest, fail } = this.#told
    if (forest.kind[p] !== PRODUCER || forest.server[p] !== -1 || fail[p] !== Fail.ok) return false
    return this.#taking.has(edgeKey(forest.service[p], forest.callee[p]))
  }

  /** How long the message lay that was sent, or taken up, there. */
  #lainAt(p: number): Waited | undefined {
    const { forest, sites, attribution } = this.#told
    const owner = forest.callee[p] === -1 ? p : forest.server[p]
    return owner === -1 ? undefined : waitLaidToFault(sites, attribution, owner)
  }

  tallies(): MetByTime {
    const of = ({ seeking: sought, ...one }: Counting): MetTallies => ({
      ...one,
      addedMs: distributionOf(new Float64Array(one.addedMs)),
      lateMs: distributionOf(new Float64Array(one.lateMs)),
      lainMs: distributionOf(new Float64Array(one.lainMs)),
      examples: examplesOf(sought, this.#told.forest),
    })
    const [before, during, unsent, late] = [this.#before, this.#during, this.#unsent, this.#late].map(of)
    return { before, during, unsent, late }
  }
}

function counting(): Counting {
  const counts = { eligible: 0, slipped: 0, n: 0, sent: 0, failed: 0, inItsCalls: 0 }
  return { ...counts, roots: new Map(), addedMs: [], lateMs: [], lainMs: [], seeking: seeking() }
}

export function joinedMet(seen: readonly MetByTime[]): MetByTime {
  const of = (when: keyof MetByTime): MetTallies => joinedTallies(seen.map((s) => s[when]))
  return { before: of('before'), during: of('during'), unsent: of('unsent'), late: of('late') }
}

function joinedTallies(seen: readonly MetTallies[]): MetTallies {
  const sum = (what: 'eligible' | 'slipped' | 'n' | 'sent' | 'failed' | 'inItsCalls'): number =>
    seen.reduce((n, s) => n + s[what], 0)
  return {
    eligible: sum('eligible'),
    slipped: sum('slipped'),
    n: sum('n'),
    sent: sum('sent'),
    failed: sum('failed'),
    inItsCalls: sum('inItsCalls'),
    roots: summedByKey(seen.map((s) => s.roots)),
    addedMs: joinedDistribution(seen.map((s) => s.addedMs)),
    lateMs: joinedDistribution(seen.map((s) => s.lateMs)),
    lainMs: joinedDistribution(seen.map((s) => s.lainMs)),
    examples: joinedExamples(seen.map((s) => s.examples)),
  }
}
