import { CLIENT, CONSUMER, PRODUCER } from '../model/span-kind.ts'
import type { SpanTable } from '../model/span-table.ts'
import { traceHash } from '../model/trace-hash.ts'
import type { Windows } from '../model/window.ts'
import { type CallsSeen, calleesOf, callsSeen, joinedCallsSeen, type OwnCalls } from './assemble/callees.ts'
import {
  corrected,
  type InstanceOffset,
  joinedPairs,
  type PairsSeen,
  pairsSeen,
  wasAnswered,
} from './assemble/clock-skew.ts'
import { entriesOf, ownersOf } from './assemble/entry-spans.ts'
import type { Forest } from './assemble/forest.ts'
import { joinedOps, type KnownOps, type OpSeen, operationsSeen, renumbered } from './assemble/operations.ts'
import { orderSpans, type SpanOrder } from './assemble/order-spans.ts'
import type { Partition } from './assemble/partition.ts'
import type { KnownPeers } from './assemble/peer-nodes.ts'
import { type Phases, phasesOf } from './assemble/phases.ts'
import { type Names, type NamesSeen, namesSeen } from './assemble/service-index.ts'
import { spansToldOf } from './assemble/spans-told.ts'
import { rowsByTrace } from './assemble/trace-rows.ts'
import { untoldTimes } from './assemble/untold-calls.ts'
import { type CallTimesSeen, callTimesSeen, failuresSeen, type TimesSeen, timesOf } from './calls/bursts.ts'
import { type Failures, failuresOf, joinedTelling, type TellingSeen, tellingSeen } from './calls/failure.ts'
import { markFatalAnswers } from './calls/fatal-answers.ts'
import { givenUpByOwners } from './calls/given-up.ts'
import { type HabitClues, type Habits, habitsSeen, joinedHabits } from './calls/habits.ts'
import { joinedLastCalls, type LastCallsSeen, lastCallsSeen } from './calls/last-calls.ts'
import { quickestAnswers, quickestSeen } from './calls/load-shed.ts'
import { type LogicalCalls, logicalCalls } from './calls/logical-calls.ts'
import { givenUpByMute } from './calls/mute-callers.ts'
import { callsByOwner, type OwnersCalls } from './calls/owners-calls.ts'
import { endsOfReading } from './calls/reads-on.ts'
import { endsOfSpansWithin } from './calls/spans-within.ts'
import { joinedTellers, type Tellers, tellersSeen } from './calls/tellers.ts'
import { type CallingSeen, callingSeen, joinedCalling, type Missed } from './calls/usual-callees.ts'
import { copyOf } from './numbers/columns.ts'

/**
 * One partition's part in a step: from what it knows of itself and what all together know, to what it
 * knows next, and what the others have to hear. What is seen is small and merges in any order. A step writes into
 * no column that it was given, and keeps such columns in plain objects only: what a partition knows may be kept
 * elsewhere in between (`crew/shelf.ts`).
 */
export type Step<Before, Known, After, Seen> = {
  readonly name: string
  readonly take: (before: Before, known: Known) => { readonly after: After; readonly seen: Seen }
  /** What several partitions of one thread saw as if they were one, where that is less than what each says. */
  join?(seen: readonly Seen[]): Seen
}

type Ordered = { readonly table: SpanTable; readonly order: SpanOrder }

export const nameStep: Step<Partition, undefined, Ordered, NamesSeen> = {
  name: 'names',
  take: ({ table, traces }) => {
    const order = orderSpans(table, traces ?? rowsByTrace(table))
    return { after: { table, order }, seen: namesSeen(table, order) }
  },
}

type Calling = Ordered & {
  /** See `spansToldOf`. */
  readonly untold: Uint8Array
  readonly start: Float64Array
  readonly end: Float64Array
  readonly instance: Uint32Array
  readonly calls: OwnCalls
}

export const callStep: Step<
  Ordered,
  Names,
  Calling,
  { readonly calls: CallsSeen; readonly pairs: readonly PairsSeen[] }
> = {
  name: 'calls',
  take: ({ table, order: sent }, names) => {
    const { order, untold, kind, service, instance, start, end } = spansToldOf(table, sent, names)
    const { own, seen } = callsSeen(table, order, untold, kind, service)
    const luckOf = (p: number): number =>
      // A small integer: a larger one would be an object for each span. Some senders number spans within a trace.
      (traceHash(table.traceWords, order.row[p] * 4) ^
        Math.imul(table.spanWords[order.row[p] * 2 + 1], 0x9e3779b1)) &
      0x3fffffff
    // A message is not: how long it lay before it was received tells of no clock.
    const isMessage = (p: number): boolean => kind[p] === PRODUCER || kind[own.server[p]] === CONSUMER
    const isAnswered = (p: number): boolean =>
      untold[p] === 1 ? kind[p] === CLIENT : wasAnswered(table, order.row[p]) && !isMessage(p)
    const pairs = pairsSeen({ instance, server: own.server, start, end, luckOf, isAnswered })
    return { after: { table, order, untold, start, end, instance, calls: own }, seen: { calls: seen, pairs } }
  },
  join: (seen) => ({
    calls: joinedCallsSeen(seen.map((s) => s.calls)),
    pairs: joinedPairs(seen.map((s) => s.pairs)),
  }),
}

type Assembled = {
  readonly forest: Omit<Forest, 'ops'>
  readonly ops: readonly OpSeen[]
}

export const operationStep: Step<
  Calling,
  {
    readonly names: Names
    readonly learnt: ReadonlyMap<string, number>
    readonly peers: KnownPeers
    readonly offsets: readonly InstanceOffset[]
  },
  Assembled,
  {
    readonly ops: readonly OpSeen[]
    readonly telling: TellingSeen
    readonly lastCalls: LastCallsSeen
  }
> = {
  name: 'operations',
  take: ({ table, order, untold, instance, calls, ...sent }, { names, learnt, peers, offsets }) => {
    const { kind, service, server } = calls
    const callee = calleesOf(table, order, calls, learnt, peers)
    const { start, end: sentEnd } = untoldTimes(
      order,
      { untold, kind },
      { start: corrected(sent.start, offsets, instance), end: corrected(sent.end, offsets, instance) },
    )
    const owner = ownersOf(order, kind, service, callee)
    const end = endsOfSpansWithin({ parent: order.parent, owner, callee, end: sentEnd })
    const { op, seen } = operationsSeen(table, order, { kind, service, callee })
    const forest = {
      ...order,
      ...{ table, untold, start, end, kind, service, instance, callee, server, owner, op },
      length: order.row.length,
      traces: order.traceStart.length - 1,
      services: peers.services,
      instances: names.instances,
      entry: entriesOf(order, kind, service, names.users, server),
    }
    const telling = tellingSeen(forest, peers.services.length)
    const lastCalls = lastCallsSeen(forest, peers.services.length)
    return { after: { forest, ops: seen }, seen: { ops: seen, telling, lastCalls } }
  },
  join: (seen) => ({
    ops: joinedOps(seen.map((s) => s.ops)),
    telling: joinedTelling(seen.map((s) => s.telling)),
    lastCalls: joinedLastCalls(seen.map((s) => s.lastCalls)),
  }),
}

type Failing = {
  readonly forest: Forest
  readonly phases: Phases
  readonly failures: Failures
  readonly owners: OwnersCalls
}

export type HabitsSeen = {
  readonly habits: HabitClues
  readonly calling: CallingSeen
  readonly failures: TimesSeen
  readonly tellers: Tellers
  readonly quickest: Float64Array
}

export const failureStep: Step<
  Assembled,
  {
    readonly ops: KnownOps
    readonly answersAreTold: Uint8Array
    readonly waitForLast: Uint8Array
    readonly windows: Windows
  },
  Failing,
  HabitsSeen
> = {
  name: 'failures',
  take: ({ forest: own, ops: seen }, { ops, answersAreTold, waitForLast, windows }) => {
    const spans: Forest = { ...own, ops: ops.ops, op: renumbered(own.op, seen, ops) }
    const phases = phasesOf(spans, windows)
    const told = failuresOf(spans, answersAreTold)
    markFatalAnswers(spans, told)
    const owners = callsByOwner(spans)
    const sent: Forest = { ...spans, end: endsOfReading(spans, told.fail, owners) }
    const { fail, end } = givenUpByOwners(sent, told.fail, owners, waitForLast)
    const forest: Forest = { ...sent, end }
    const failures = { ...told, fail }
    return {
      after: { forest, phases, failures, owners },
      seen: {
        habits: habitsSeen(forest, fail, phases.ofTrace, owners),
        calling: callingSeen(forest, fail, owners, phases),
        failures: failuresSeen(forest, fail),
        tellers: tellersSeen(forest, failures),
        quickest: quickestSeen(forest, fail, phases),
      },
    }
  },
  join: (seen) => ({
    habits: joinedHabits(seen.map((s) => s.habits)),
    calling: joinedCalling(seen.map((s) => s.calling)),
    failures: timesOf(seen.map((s) => s.failures)),
    tellers: joinedTellers(seen.map((s) => s.tellers)),
    quickest: quickestAnswers(seen.map((s) => s.quickest)),
  }),
}

export type Attempting = Omit<Failing, 'owners'> & { readonly logical: LogicalCalls }

export const attemptStep: Step<
  Failing,
  { readonly habits: Habits; readonly doubted: ReadonlySet<number>; readonly missed: Missed },
  Attempting,
  CallTimesSeen
> = {
  name: 'attempts',
  take: ({ forest: sent, phases, failures, owners }, { habits, doubted, missed }) => {
    const { fail: told, start, end } = givenUpByMute(sent, failures.fail, owners, habits)
    const forest: Forest = { ...sent, start, end }
    // Losers of hedges did not fail after all.
    const fail = copyOf(told)
    const logical = logicalCalls(forest, fail, owners, habits)
    return {
      after: { forest, phases, failures: { ...failures, fail }, logical },
      seen: callTimesSeen(forest, logical, doubted, missed),
    }
  },
}
