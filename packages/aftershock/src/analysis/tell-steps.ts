import { askedAt } from './asked-at.ts'
import { type Passed, passedSeen, type Rejecting } from './breakers.ts'
import { chancesSeen, type Met } from './chances.ts'
import type { Digest } from './digest.ts'
import { type Classed, digestOf } from './digest-partition.ts'
import type { Values } from './distribution.ts'
import { joinedDigest } from './join-digests.ts'
import type { Step } from './partition-steps.ts'
import { halved, type ShamCut, type ShamSeen, shamSeen } from './sham.ts'
import { type ShownTrace, tracesSeen } from './shown-traces.ts'
import { joinedTallies, type Tallies, talliesOf } from './tallies.ts'
import type { Told } from './told.ts'
import type { Traced } from './traced.ts'
import { type RanksAsked, type RanksSeen, ranksSeen } from './work-tallies.ts'

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
