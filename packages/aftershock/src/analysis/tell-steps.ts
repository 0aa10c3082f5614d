import { type Passed, passedSeen, type Rejecting } from './breakers.ts'
import { chancesSeen, type Met } from './chances.ts'
import type { Digest } from './digest.ts'
import { digestOf } from './digest-partition.ts'
import { sizesSeen, type TraceSize } from './evidence.ts'
import { joinedDigest } from './join-digests.ts'
import type { Told } from './judge-steps.ts'
import type { Step, Traced } from './partition-steps.ts'
import { halved, type ShamCut, type ShamSeen, shamSeen } from './sham.ts'
import { joinedTallies, type Tallies, talliesOf } from './tallies.ts'

/** A question that changes nothing. */
function question<Known, Seen>(
  name: string,
  answer: (told: Told, known: Known) => Seen,
): Step<Told, Known, Told, Seen> {
  return { name, take: (told, known) => ({ after: told, seen: answer(told, known) }) }
}

export const digestStep: Step<
  Told,
  ReadonlySet<number>,
  Told,
  { readonly digest: Digest; readonly tallies: Tallies }
> = {
  ...question('digest', (told, targets: ReadonlySet<number>) => {
    const { digest, retried } = digestOf(told, targets)
    return { digest, tallies: talliesOf(told, targets, retried) }
  }),
  join: (seen) => ({
    digest: joinedDigest(seen.map((s) => s.digest)),
    tallies: joinedTallies(seen.map((s) => s.tallies)),
  }),
}

/** Good calls of instances whose breaker opened. */
export const passedStep: Step<Told, readonly Rejecting[], Told, Passed> = question('passed', passedSeen)

export const chanceStep: Step<Told, readonly Met[], Told, Float64Array> = question('chances', chancesSeen)

/** Sizes of the traces that are shown. */
export const sizeStep: Step<Told, ReadonlySet<string>, Told, ReadonlyMap<string, TraceSize>> = question(
  'sizes',
  sizesSeen,
)

/** From here on a partition knows the first requests of the baseline only. */
export const halveStep: Step<Told, ShamCut, Traced, undefined> = {
  name: 'halve',
  take: (told, cut) => ({ after: halved(told, cut), seen: undefined }),
}

export const shamStep: Step<Told, undefined, Told, ShamSeen> = question('sham', shamSeen)
