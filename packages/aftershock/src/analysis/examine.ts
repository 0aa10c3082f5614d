import type { Suspect } from '../model/result.ts'
import type { Windows } from '../model/window.ts'
import { learntFrom } from './assemble/callees.ts'
import { clockOffsets, type InstanceOffset } from './assemble/clock-skew.ts'
import type { System } from './assemble/forest.ts'
import { operationsOf } from './assemble/operations.ts'
import { type Peers, peerNodes } from './assemble/peer-nodes.ts'
import type { Phases } from './assemble/phases.ts'
import { namesOf } from './assemble/service-index.ts'
import { servicesMeant } from './assemble/services-meant.ts'
import { callTimes } from './calls/bursts.ts'
import { joinedTries } from './calls/ended-calls.ts'
import { callersThatTellAnswers } from './calls/failure.ts'
import { habitsOf } from './calls/habits.ts'
import { waitingForLast } from './calls/last-calls.ts'
import { loadOf, quickestAnswers } from './calls/load-shed.ts'
import { longRuns } from './calls/long-runs.ts'
import { openSpells, rejectedAt, scattered } from './calls/open-spells.ts'
import { edgesInDoubt } from './calls/rejections.ts'
import { truncations, turnBacks } from './calls/structure.ts'
import { joinedTellers } from './calls/tellers.ts'
import { ALWAYS, joinedCalling, MOSTLY, missedCallees, survivedCallees } from './calls/usual-callees.ts'
import { ask, type Inquiry } from './crew.ts'
import { suspectsOf } from './judge/suspects.ts'
import { type Judgement, judgement } from './judge.ts'
import { attemptStep, callStep, failureStep, nameStep, operationStep } from './partition-steps.ts'
import { loadStep, originStep, rejectionStep } from './rejection-steps.ts'

export type Examined = {
  readonly system: System
  readonly suspects: readonly Suspect[]
  readonly offsets: readonly InstanceOffset[]
  readonly judgement: Judgement
  /** ms spent in each step, by name. */
  readonly stages: Readonly<Record<string, number>>
}

/** A blind suspect is taken for the origin from this score on. */
const STRONG_SCORE = 0.3

/**
 * Runs the steps of the analysis, each on what all partitions found in the former: who there is, who called
 * whom, what failed and which attempts belong together, where failures began, what shifted, and what of it
 * is laid to the fault. The partitions keep what they know of their spans.
 */
export function* examine(
  windows: Windows,
  phases: Pick<Phases, 'chaos' | 'recovery' | 'lengthNs'>,
  peers: Peers,
  now: () => number,
): Inquiry<Examined> {
  const clock = stageClock(now)
  const { names, known } = yield* whoCalledWhom(peers)
  const named = yield* ask(operationStep, known)
  const ops = operationsOf(named.map((s) => s.ops))
  const { services } = known.peers
  const system: System = { services, instances: names.instances, ops: ops.ops }
  clock.done('assemble')
  const answersAreTold = callersThatTellAnswers(named.map((s) => s.telling))
  const waitForLast = waitingForLast(named.map((s) => s.lastCalls))
  const failed = yield* ask(failureStep, { ops, answersAreTold, waitForLast, windows })
  clock.done('failures')
  const calling = joinedCalling(failed.map((s) => s.calling))
  const missed = missedCallees(calling, ALWAYS)
  const habits = habitsOf(failed.map((s) => s.habits))
  const times = callTimes(
    failed.map((s) => s.failures),
    yield* ask(attemptStep, { habits, doubted: edgesInDoubt(system, missed), missed }),
  )
  const survived = survivedCallees(calling)
  const doubted = yield* ask(rejectionStep, {
    missed,
    survived,
    told: joinedTellers(failed.map((s) => s.tellers)),
    times,
    mute: new Set(calling.mute),
  })
  const refusers = new Set(doubted.flatMap((s) => s.refusers))
  const load = refusers.size === 0 ? new Map() : loadOf(yield* ask(loadStep, refusers), refusers)
  const spells = doubted.map((s) => s.spells)
  const scatteredAt = scattered(spells, times.starts)
  const rejected = rejectedAt(spells, scatteredAt)
  const steps = yield* ask(originStep, {
    spells: openSpells(spells, scatteredAt),
    scattered: scatteredAt,
    longRuns: longRuns(
      spells.map((s) => s.alone),
      times,
      new Set(rejected.keys()),
    ),
    tries: joinedTries(doubted.map((s) => s.tries)),
    rejectedAt: rejected,
    load,
    quickest: quickestAnswers(failed.map((s) => s.quickest)),
    spoofed: spoofedBy(system, windows),
    survived,
    leftOut: missedCallees(calling, MOSTLY),
  })
  clock.done('logical calls')
  const truncated = truncations(steps, system.ops)
  const left = { steps: truncated, turnBacks: turnBacks(steps, truncated, system.ops) }
  let suspects: readonly Suspect[] = []
  const found = yield* judgement(system, phases, (list, requestNs) => {
    clock.done('compare')
    suspects = suspectsOf(system, list, requestNs, left)
    return targetsOf(system, windows, suspects)
  })
  clock.done('attribution')
  return { system, suspects, offsets: known.offsets, judgement: found, stages: clock.stages }
}

function* whoCalledWhom(peers: Peers) {
  const names = namesOf(yield* ask(nameStep, undefined))
  const seen = yield* ask(callStep, names)
  const calls = seen.map((s) => s.calls)
  const learnt = learntFrom(calls)
  const strangers = calls.flatMap((c) => c.unanswered).filter((one) => !learnt.has(one.key))
  const nodes = peerNodes(
    strangers,
    calls.flatMap((c) => c.databases),
    names.services,
    peers,
  )
  const offsets = clockOffsets(
    seen.map((s) => s.pairs),
    names.instances,
  )
  return { names, known: { names, learnt, peers: nodes, offsets } }
}

function stageClock(now: () => number) {
  const stages: Record<string, number> = {}
  let last = now()
  const done = (stage: string): void => {
    const at = now()
    stages[stage] = at - last
    last = at
  }
  return { stages, done }
}

/**
 * The injected services where any is told, else (no fault is known, or only that a method of actions was played) the
 * first suspect if the evidence is strong.
 */
function targetsOf(system: System, windows: Windows, suspects: readonly Suspect[]): ReadonlySet<number> {
  const named = windows.experiments.flatMap((e) => e.targets)
  if (named.length > 0) return new Set(named.flatMap((target) => servicesMeant(system, target)))
  const strong = suspects.filter(({ score }, i) => i === 0 && score >= STRONG_SCORE)
  return new Set(strong.flatMap(({ service }) => servicesMeant(system, { service })))
}

/** Services whose answers an HTTP fault writes itself. */
function spoofedBy(system: System, windows: Windows): ReadonlySet<number> {
  const spoofing = windows.experiments.filter((e) => e.kind === 'HTTPChaos')
  return new Set(spoofing.flatMap((e) => e.targets.flatMap((target) => servicesMeant(system, target))))
}
