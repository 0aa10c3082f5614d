import type { TimesSeen } from './calls/bursts.ts'
import { markCutShort } from './calls/cut-short.ts'
import { endedCalls, type Tries } from './calls/ended-calls.ts'
import {
  type Load,
  markRefusals,
  markShedding,
  refusersSeen,
  type WorkSeen,
  workSeen,
} from './calls/load-shed.ts'
import type { LongRuns } from './calls/long-runs.ts'
import { type SpellsSeen, settle, spellsSeen } from './calls/open-spells.ts'
import { originsOf } from './calls/origins.ts'
import { hiddenRejections, type RejectionClues, type RejectionsFound } from './calls/rejections.ts'
import { type StepsSeen, stepsSeen } from './calls/structure.ts'
import type { Traced } from './calls/traced.ts'
import type { Missed } from './calls/usual-callees.ts'
import { copyOf } from './numbers/columns.ts'
import type { Attempting, Step } from './partition-steps.ts'

// What was not called or not taken in, and where failures begin; the steps after `partition-steps.ts`.

type Rejecting = Attempting & { readonly found: RejectionsFound }

export const rejectionStep: Step<
  Attempting,
  RejectionClues,
  Rejecting,
  { readonly spells: SpellsSeen; readonly tries: Tries; readonly refusers: readonly number[] }
> = {
  name: 'rejections',
  take: (before, clues) => {
    const { forest, phases, failures, logical } = before
    const rejections = hiddenRejections(forest, failures, logical, phases, clues)
    const { ended, tries } = endedCalls(forest, failures.fail, logical, clues.missed, clues.times)
    const refusers = refusersSeen(forest, failures.fail, logical, rejections.hidden)
    return {
      after: { ...before, found: { ...rejections, ended } },
      seen: { spells: spellsSeen(forest, rejections), tries, refusers },
    }
  },
}

export const loadStep: Step<Rejecting, ReadonlySet<number>, Rejecting, WorkSeen> = {
  name: 'load',
  take: (before, instances) => ({ after: before, seen: workSeen(before.forest, before.phases, instances) }),
}

export const originStep: Step<
  Rejecting,
  {
    readonly spells: Parameters<typeof settle>[2]
    readonly scattered: Parameters<typeof settle>[3]
    readonly longRuns: LongRuns
    readonly tries: Tries
    readonly rejectedAt: TimesSeen
    readonly load: ReadonlyMap<number, Load>
    readonly quickest: Float64Array
    readonly spoofed: ReadonlySet<number>
    readonly leftOut: Missed
    readonly survived: ReadonlySet<number>
  },
  Traced,
  StepsSeen
> = {
  name: 'origins',
  take: ({ forest, phases, failures, logical, found }, known) => {
    const { spells, load, quickest, spoofed, leftOut } = known
    const fail = copyOf(failures.fail)
    const settled = settle(forest, found, spells, known.scattered, known.longRuns)
    const cutShort = markCutShort({ fail, end: forest.end, logical }, found, known.tries, known.rejectedAt)
    const hidden = { ...settled, cutShort }
    markShedding(forest, fail, logical, hidden, load)
    markRefusals(forest, fail, logical, hidden, quickest, spoofed)
    const origins = originsOf(forest, fail, logical, hidden, known.survived)
    return {
      after: { forest, phases, fail, logical, hidden, origins, leftOut },
      seen: stepsSeen(forest, fail, logical, hidden, phases),
    }
  },
}
