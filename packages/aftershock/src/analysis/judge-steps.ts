import type { Traced } from './calls/traced.ts'
import { overOf, type SpreadSeen, spreadSeen } from './judge/attribution.ts'
import type { BacklogEnds } from './judge/backlog-end.ts'
import type { Attribution, Blame } from './judge/blame.ts'
import {
  goodTimesSeen,
  joinedTimes,
  type OwnTimes,
  ownTimes,
  type TimesSeen,
  type Usual,
} from './judge/components.ts'
import type { Counterfactual } from './judge/counterfactual.ts'
import { type CrowdSeen, crowdSeen, type Held, heldSeen } from './judge/crowding.ts'
import { type HalvesSeen, halvesSeen } from './judge/drift.ts'
import type { Judged } from './judge/judged.ts'
import type { Alike } from './judge/lost-parts.ts'
import {
  joinedSent,
  messageWaits,
  packed,
  type SentById,
  type SentMessage,
  sentSeen,
  tracesOfSent,
  type UsualWaits,
  unpacked,
  type WaitsSeen,
  waitsSeen,
} from './judge/message-waits.ts'
import { type OnsetsSeen, onsetsSeen } from './judge/onset.ts'
import { type Rejected, rejectedOf, rejectedSeen } from './judge/opened-by-fault.ts'
import {
  type EntriesKnown,
  type EntriesSeen,
  entriesSeen,
  joinedEntriesSeen,
  outcomesOf,
} from './judge/outcomes.ts'
import { renumberSites } from './judge/renumber-sites.ts'
import { joinedSites, type Site, type Sites, type SitesSeen, sitesSeen } from './judge/sites.ts'
import { requestsSeen } from './judge/suspects.ts'
import type { Told } from './judge/told.ts'
import {
  type EndsSeen,
  endsSeen,
  joinedEnds,
  justInTime,
  type Leaving,
  type ToldOfLeaving,
} from './judge/told-of-leaving.ts'
import { withoutLater } from './judge/wait-sites.ts'
import { healthyNs, withMissingParts, withoutSites } from './judge/without-sites.ts'
import { joined } from './numbers/samples.ts'
import type { Step } from './partition-steps.ts'

type Timed = Traced & {
  readonly times: OwnTimes
  /** What `messageWaits` found, packed; nobody looked where it is not there. */
  readonly messages?: Float64Array
}

export const timeStep: Step<
  Traced,
  undefined,
  Timed,
  {
    readonly times: TimesSeen
    readonly entries: EntriesSeen
    readonly requestsNs: Float64Array
    readonly ends: EndsSeen
  }
> = {
  name: 'times',
  take: (before) => {
    const { forest, fail, logical, phases } = before
    const times = ownTimes(forest, fail, logical, phases)
    return {
      after: { ...before, times },
      seen: {
        times: goodTimesSeen(forest, fail, times, phases),
        entries: entriesSeen(forest, fail, phases),
        requestsNs: requestsSeen(forest, phases),
        ends: endsSeen(forest, fail),
      },
    }
  },
  join: (seen) => ({
    times: joinedTimes(seen.map((s) => s.times)),
    entries: joinedEntriesSeen(seen.map((s) => s.entries)),
    requestsNs: joined(seen.map((s) => s.requestsNs)),
    ends: joinedEnds(seen.map((s) => s.ends)),
  }),
}

type Sited = Traced & {
  readonly parts: OwnTimes & Usual
  readonly own: Omit<Sites, 'list'>
  readonly ownList: readonly Site[]
}

/** When messages were sent: who takes them up often does so in a trace of its own. */
export const sentStep: Step<Timed, undefined, Timed, readonly [string, SentMessage][]> = {
  name: 'sent',
  take: (before) => ({ after: before, seen: sentSeen(before.forest, before.fail) }),
  join: joinedSent,
}

export const waitStep: Step<Timed, SentById, Timed, WaitsSeen> = {
  name: 'waits',
  take: (before, sent) => {
    const found = messageWaits(before.forest, before.phases, sent)
    return { after: { ...before, messages: packed(found.waits) }, seen: waitsSeen(found) }
  },
}

export const siteStep: Step<Timed, Usual & { readonly waits: UsualWaits }, Sited, SitesSeen> = {
  name: 'sites',
  take: ({ times, messages, ...before }, { waits, ...usual }) => {
    const received = messages === undefined ? [] : unpacked(messages)
    const parts = { ...times, ...usual }
    const { own, seen } = sitesSeen(before.forest, parts, before.origins, before.phases, received, waits)
    return { after: { ...before, parts, own, ownList: seen.list }, seen }
  },
  join: joinedSites,
}

type Judging = Traced & Judged

export const listStep: Step<
  Sited,
  { readonly list: readonly Site[]; readonly ends: BacklogEnds },
  Judging,
  Rejected
> = {
  name: 'list',
  take: ({ own, ownList, ...before }, { list, ends }) => {
    const all = renumberSites(own, ownList, list)
    const sites = { ...all, waited: withoutLater(all.waited, before.forest, list, ends) }
    const after = { ...before, sites }
    return { after, seen: rejectedSeen(after, before.hidden) }
  },
  join: rejectedOf,
}

/** Which of what is late came with the fault, and which was on its way. */
export const halvesStep: Step<Judging, readonly number[], Judging, HalvesSeen> = {
  name: 'halves',
  take: (before, asked) => ({ after: before, seen: halvesSeen(before, asked) }),
}

/** What happened at the fault's instants at sites too rare to judge over the whole window. */
export const onsetStep: Step<Judging, readonly number[], Judging, OnsetsSeen> = {
  name: 'onsets',
  take: (before, rare) => ({ after: before, seen: onsetsSeen(before, rare) }),
}

type Spread = Judging & { readonly now: Counterfactual }

/** Thinks away what is laid to the fault so far. */
export const withoutStep: Step<Judging, Blame & { readonly rejected: Rejected }, Spread, SpreadSeen> = {
  name: 'without',
  take: (before, { rejected, ...blame }) => {
    const now = withoutSites(before, blame)
    return { after: { ...before, now }, seen: spreadSeen(before, now, rejected) }
  },
}

/** Whom the fault holds at services that it may crowd. */
export const heldStep: Step<Spread, ReadonlySet<number>, Spread, Held> = {
  name: 'held',
  take: (before, places) => ({ after: before, seen: heldSeen(before, before.now, places) }),
}

/** How many others it held as requests began that were late, and as those did that were not. */
export const crowdStep: Step<
  Spread,
  { readonly asked: readonly number[]; readonly held: Held },
  Spread,
  CrowdSeen
> = {
  name: 'crowd',
  take: (before, { asked, held }) => ({ after: before, seen: crowdSeen(before, asked, held) }),
}

/** In which traces messages were sent. */
export const senderStep: Step<
  Spread,
  ReadonlySet<string>,
  Spread,
  readonly (readonly [id: string, traceId: string])[]
> = {
  name: 'senders',
  take: (before, ids) => ({ after: before, seen: tracesOfSent(before.forest, ids) }),
}

/** Who is answered just before leaving, where those whose callers left seem to be told of it. */
export const inTimeStep: Step<Spread, Leaving, Spread, ReadonlyMap<number, number>> = {
  name: 'in-time',
  take: (before, leaving) => ({ after: before, seen: justInTime(before.forest, before.fail, leaving) }),
}

export const outcomeStep: Step<
  Spread,
  Blame & {
    readonly edges: Attribution['edges']
    readonly openers: Attribution['openers']
    readonly toldOfLeaving: ToldOfLeaving
    readonly alike: Alike
    readonly entries: EntriesKnown
  },
  Told,
  undefined
> = {
  name: 'outcomes',
  take: ({ now, ...before }, { reasons, onsets, afterwards, alike, entries, ...known }) => {
    const over = overOf(before, reasons)
    const then = withMissingParts(before, { reasons, onsets, afterwards }, now, alike, known)
    const attribution: Attribution = { ...then, reasons, onsets, afterwards, over, ...known }
    const outcomes = outcomesOf(before.forest, before, attribution, before.phases, entries, (traces) =>
      healthyNs(before, traces),
    )
    return { after: { ...before, attribution, outcomes }, seen: undefined }
  },
}
