import { edgeKey, edgeOf } from './assemble/edge-key.ts'
import type { System } from './assemble/forest.ts'
import type { Phases } from './assemble/phases.ts'
import { ask, type Inquiry } from './crew.ts'
import {
  addState,
  callersOf,
  crowdable,
  ROUNDS_MAX,
  type Spread,
  spreadOf,
  waitsAt,
} from './judge/attribution.ts'
import { backlogEnds, joinedTaken } from './judge/backlog-end.ts'
import type { Blame, Reason } from './judge/blame.ts'
import { usualTimes } from './judge/components.ts'
import { crowdedSites, heldOf } from './judge/crowding.ts'
import { driftingSites, mayDrift } from './judge/drift.ts'
import { failingForOthers } from './judge/fails-anyway.ts'
import { alikeOf } from './judge/lost-parts.ts'
import { hasMessages, joinedSent, NO_WAITS, usualWaits } from './judge/message-waits.ts'
import { calmAgain, lateSites, leftBehind, leftNear, nearReasons } from './judge/near-sites.ts'
import { type Messages, type NeverTaken, neverTaken } from './judge/never-taken.ts'
import { onsetsOf, rareFailures, spellsAfterwards } from './judge/onset.ts'
import { rejectedOf } from './judge/opened-by-fault.ts'
import { knownEntries } from './judge/outcomes.ts'
import { type Site, sitesOf } from './judge/sites.ts'
import { typicalRequest } from './judge/suspects.ts'
import {
  type EndsSeen,
  joinedEnds,
  mayBeTold,
  type ToldOfLeaving,
  toldOfLeaving,
} from './judge/told-of-leaving.ts'
import {
  crowdStep,
  halvesStep,
  heldStep,
  inTimeStep,
  listStep,
  onsetStep,
  outcomeStep,
  senderStep,
  sentStep,
  siteStep,
  timeStep,
  waitStep,
  withoutStep,
} from './judge-steps.ts'

export type Judgement = {
  readonly list: readonly Site[]
  /** Services taken for the origin, as indices: the injected ones, or the first suspect. */
  readonly targets: ReadonlySet<number>
  readonly reasons: readonly Reason[]
  readonly onsets: Blame['onsets']
  /** Laid to the fault. */
  readonly neverTaken: readonly NeverTaken[]
}

/**
 * Compares baseline and chaos and lays what shifted to the fault, where it can be.
 *
 * @param phases - length of each phase, ns, when the fault was on, and the recovery
 * @param accuse - who the fault was put on, given what shifted and what a request usually takes, ns
 */
export function* judgement(
  system: System,
  phases: Pick<Phases, 'chaos' | 'recovery' | 'lengthNs'>,
  accuse: (list: readonly Site[], requestNs: number) => ReadonlySet<number>,
): Inquiry<Judgement> {
  const timed = yield* ask(timeStep, undefined)
  const usual = usualTimes(
    timed.map((s) => s.times),
    system.ops.length,
  )
  const messages = yield* messagesIn(system)
  const sites = yield* ask(siteStep, { ...usual, waits: messages?.usual ?? NO_WAITS })
  const list = sitesOf(sites, system.services.length)
  const ends = backlogEnds(joinedTaken(sites.map((s) => s.taken)), phases)
  const rejected = rejectedOf(yield* ask(listStep, { list, ends }))
  const targets = accuse(list, typicalRequest(timed.map((s) => s.requestsNs)))
  const reasons = nearReasons(list, targets, phases.chaos)
  const drifting = yield* driftingOf(list, reasons)
  for (const i of drifting) reasons[i] = 'none'
  const left = leftNear(list, reasons, targets).filter((i) => !drifting.includes(i))
  const late = lateSites(list, left)
  const crowding = [...new Set([...rareFailures(list, left), ...late])]
  const calm = calmAgain(list, reasons)
  const around = yield* ask(onsetStep, [...crowding, ...calm])
  const spells = onsetsOf(list, crowding, around)
  const afterwards = spellsAfterwards(list, calm, around)
  const onsets = leftBehind(list, reasons, spells, late, targets)
  const upstream = callersOf(system, targets)
  let seen = yield* ask(withoutStep, { reasons, onsets, afterwards, rejected })
  let spread = spreadOf(seen, phases.lengthNs)
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const grew = addState(list, system, reasons, spread, upstream)
    if (!grew && !(yield* addCrowded(list, reasons, spread, upstream))) break
    seen = yield* ask(withoutStep, { reasons, onsets, afterwards, rejected })
    spread = spreadOf(seen, phases.lengthNs)
  }
  const alike = alikeOf(seen.map((s) => s.alike))
  const entries = knownEntries(
    timed.map((s) => s.entries),
    failingForOthers(seen.map((s) => s.others)),
  )
  const { edges, openers } = spread
  const leaving = yield* leavingOf(joinedEnds(timed.map((s) => s.ends)))
  const lost = yield* neverTakenOf(messages, system, phases, { list, targets, reasons })
  yield* ask(outcomeStep, {
    reasons,
    onsets,
    afterwards,
    edges,
    openers,
    toldOfLeaving: leaving,
    alike,
    entries,
  })
  return { list, targets, reasons, onsets, neverTaken: lost }
}

/** Adds sites that are late where the fault holds others; returns whether any was. Mostly nobody has to be asked. */
function* addCrowded(
  list: readonly Site[],
  reasons: Reason[],
  spread: Spread,
  upstream: ReadonlySet<number>,
): Inquiry<boolean> {
  const asked = crowdable(list, reasons, spread, upstream)
  if (asked.length === 0) return false
  const held = heldOf(yield* ask(heldStep, new Set(asked.map((i) => waitsAt(list[i])))))
  const crowded = crowdedSites(yield* ask(crowdStep, { asked, held }))
  for (const i of crowded) reasons[i] = 'sideways'
  return crowded.length > 0
}

/** Nobody is asked where no messages are. */
function* messagesIn(system: System): Inquiry<Messages | undefined> {
  if (!hasMessages(system)) return undefined
  const sent = new Map(joinedSent(yield* ask(sentStep, undefined)))
  const waits = yield* ask(waitStep, sent)
  let lastNs = Math.max(...waits.map((s) => s.lastNs))
  for (const { atNs } of sent.values()) lastNs = Math.max(lastNs, atNs)
  return {
    ...{ sent, taken: new Set(waits.flatMap((s) => s.taken)) },
    lastNs,
    usual: usualWaits(waits, system),
  }
}

/** A target sends them or is to take them up, or its fault holds up who is. */
function* neverTakenOf(
  messages: Messages | undefined,
  system: System,
  phases: Pick<Phases, 'chaos'>,
  { list, targets, reasons }: Pick<Judgement, 'list' | 'targets' | 'reasons'>,
): Inquiry<readonly NeverTaken[]> {
  if (messages === undefined) return []
  const heldUp = new Set(
    list.flatMap((site, i) => (site.what === 'wait' && reasons[i] !== 'none' ? [edgeOf(site)] : [])),
  )
  const found = neverTaken(
    messages,
    system,
    phases,
    (caller, callee) => [caller, callee].some((s) => targets.has(s)) || heldUp.has(edgeKey(caller, callee)),
  )
  if (found.length === 0) return []
  const seen = yield* ask(senderStep, new Set(found.flatMap(({ firstIds }) => firstIds)))
  const traces = new Map(seen.flat())
  return found.map((one) => ({
    ...one,
    evidence: one.firstIds.flatMap((spanId) => {
      const traceId = traces.get(spanId)
      return traceId === undefined ? [] : [{ traceId, spanId, note: 'first' }]
    }),
  }))
}

/** Nobody is asked where no callee may be told that its caller left. */
function* leavingOf(ends: EndsSeen): Inquiry<ToldOfLeaving> {
  const leaving = mayBeTold(ends)
  return leaving.size === 0 ? new Set() : toldOfLeaving(ends, leaving, yield* ask(inTimeStep, leaving))
}

/** Nobody is asked where nothing may drift. */
function* driftingOf(list: readonly Site[], reasons: readonly Reason[]): Inquiry<readonly number[]> {
  const asked = mayDrift(list, (i) => reasons[i] === 'near')
  return asked.length === 0 ? [] : driftingSites(yield* ask(halvesStep, asked))
}
