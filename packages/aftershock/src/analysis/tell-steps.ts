import type { Traced } from './calls/traced.ts'
import { askedAt } from './findings/asked-at.ts'
import { type Passed, passedSeen, type Rejecting } from './findings/breakers.ts'
import { chancesSeen, type Met } from './findings/chances.ts'
import type { Digest } from './findings/digest.ts'
import { type Classed, digestOf } from './findings/digest-partition.ts'
import { joinedDigest } from './findings/join-digests.ts'
import { halved, type ShamCut, type ShamSeen, shamSeen } from './findings/sham.ts'
import { type ShownTrace, tracesSeen } from './findings/shown-traces.ts'
import { joinedTallies, type Tallies, talliesOf } from './findings/tallies.ts'
import { type RanksAsked, type RanksSeen, ranksSeen } from './findings/work-tallies.ts'
import type { Told } from './judge/told.ts'
import type { Values } from './numbers/distribution.ts'
import type { Step } from './partition-steps.ts'

/** A question that changes nothing. */
function question<Before, Known, Seen>(
  name: string,
  answer: (told: Before, known: Known) => Seen,
): Step<Before, Known, Before, Seen> {
  return { name, take: (told, known) => ({ after: told, seen: answer(told, known) }) }
}

/** All that is found out about a partition's spans, and how its requests are told. */
type Digested = Told & Classed

export const digestStep: Step<
  Told,
  ReadonlySet<number>,
  Digested,
  { readonly digest: Digest; readonly tallies: Tallies<Values> }
> = {
  name: 'digest',
  take: (told, targets) => {
    const { digest, classed } = digestOf(told, targets)
    return { after: { ...told, ...classed }, seen: { digest, tallies: talliesOf(told) } }
  },
  join: (seen) => ({
    digest: joinedDigest(seen.map((s) => s.digest)),
    tallies: joinedTallies(seen.map((s) => s.tallies)),
  }),
}

/** How many requests began before bad ones. */
export const rankStep: Step<Digested, RanksAsked, Digested, RanksSeen> = question('ranks', (told, asked) =>
  ranksSeen(told, asked, (entry) => askedAt(told.forest, entry)),
)

/** Good calls of instances whose breaker opened. */
export const passedStep: Step<Told, readonly Rejecting[], Told, Passed> = question('passed', passedSeen)

export const chanceStep: Step<Told, readonly Met[], Told, Float64Array> = question('chances', chancesSeen)

/** What is told of the traces that are shown, by id. */
export const showStep: Step<
  Digested,
  ReadonlySet<string>,
  Digested,
  ReadonlyMap<string, ShownTrace>
> = question('shown', tracesSeen)

/** From here on a partition knows the first requests of the baseline only. */
export const halveStep: Step<Told, ShamCut, Traced, undefined> = {
  name: 'halve',
  take: (told, cut) => ({ after: halved(told, cut), seen: undefined }),
}

export const shamStep: Step<Told, undefined, Told, ShamSeen> = question('sham', shamSeen)
