import { type Bound, earliestOf, latestOf } from './bound.ts'
import { earliestOurs, latestOurs } from './controller-clock.ts'
import type { RecordContext } from './record-context.ts'
import type { Round } from './rounds.ts'
import { isRecordBefore, lastBefore, lastInOrder, type StartBounds } from './start-bounds.ts'

/** It ended in [earliest, latest); latest undefined: it is being removed, and may still act. */
export type EndBounds = { readonly earliest: Bound; readonly latest: Bound | undefined }

const STOPS = ['TimeUp', 'Paused', 'Deleted']

/** @returns undefined while it is in force and nobody asked for its end */
export function endBounds(context: RecordContext, round: Round, start: StartBounds): EndBounds | undefined {
  const over = overBy(context, round)
  const knownNs = surelyInForceNs(context, round, over)
  const stop = firstStop(context, round, start, knownNs)
  if (over === undefined && stop === undefined) return undefined
  const lower = latestOf(
    [
      stop === undefined ? assumedStop(context, over) : stop,
      recordBefore(context, round, stop),
      ruleRemoved(context, start),
    ],
    knownNs,
  )
  // In force until at least its own certain start, whatever else is unknown.
  const earliest =
    lower === undefined || lower.atNs < start.latest.atNs ? { ...start.latest, by: 'none' as const } : lower
  return { earliest, latest: over }
}

/** What was seen later may be of the next round: it says nothing of this one. */
function surelyInForceNs(context: RecordContext, round: Round, over: Bound | undefined): bigint {
  const recovered = round.recovered ?? round.lostBy
  const doneNs = over?.atNs ?? 1n << 62n
  if (recovered?.controllerNs === undefined || recovered.done.by === 'event') return doneNs
  const earliestNs = earliestOurs(context.clock, recovered.controllerNs)
  return earliestNs < doneNs ? earliestNs : doneNs
}

/** Moments by which it certainly was gone. */
function overBy(context: RecordContext, round: Round): Bound | undefined {
  const done = round.recovered?.done
  const gone: Bound | undefined =
    context.history.goneNs === undefined ? undefined : { atNs: context.history.goneNs, by: 'seen' }
  const known = done ?? round.lostBy?.done
  if (known === undefined) return gone
  const startedNs = round.applied?.done.atNs
  return earliestOf([known, gone, ...removedBounds(context, round, known)], startedNs) ?? known
}

/** The daemon was told, and had answered, before the controller said `Recovered`. */
function removedBounds(context: RecordContext, round: Round, known: Bound): readonly (Bound | undefined)[] {
  if (round.applied === undefined) return []
  // A late sighting of the round before must not be taken for one of this round.
  const begunNs = round.applied.done.atNs + context.clock.watchLatencyNsMax
  const at = context.rules.findIndex(
    (one, i) => !one.hasRule && context.rules[i - 1]?.hasRule === true && one.seenNs >= begunNs,
  )
  const removed = context.rules[at]
  if (removed === undefined || removed.seenNs > known.atNs) return []
  const observed = context.rules.find(
    (one, i) => i >= at && !one.hasRule && !one.failed && one.observedGeneration >= removed.generation,
  )
  const seen: Bound | undefined =
    observed === undefined ? undefined : { atNs: observed.seenNs, by: 'pod-chaos' }
  const alone = removed.live && removed.observedGeneration === removed.generation - 1
  const { clock } = context
  const updated = alone
    ? lastBefore(
        context.podEvents.filter(
          (event) =>
            event.reason === 'Updated' &&
            event.exact &&
            event.component === 'podnetworkchaos' &&
            earliestOurs(clock, event.atNs) > removed.seenNs &&
            latestOurs(clock, event.atNs) <= known.atNs,
        ),
        undefined,
      )
    : undefined
  return [
    seen,
    updated === undefined ? undefined : { atNs: latestOurs(clock, updated.atNs), by: 'pod-chaos' },
  ]
}

/** The first word to stop after it was applied: from then on it may be gone. */
function firstStop(
  context: RecordContext,
  round: Round,
  start: StartBounds,
  limitNs: bigint,
): Bound | undefined {
  const { clock, history } = context
  const fromNs = round.applied?.controllerNs
  const stops = STOPS.flatMap((reason) => context.reasons.get(reason) ?? [])
    .filter((event) => fromNs === undefined || event.atNs >= fromNs)
    .map(
      (event): Bound => ({
        atNs: earliestOurs(clock, event.atNs),
        by: event.exact ? 'event' : 'record-second',
      }),
    )
  const told = history.desired
    .filter((one) => one.live && one.desiredPhase === 'Stop' && one.seenNs > start.latest.atNs)
    .map((one): Bound => ({ atNs: one.seenNs - clock.watchLatencyNsMax, by: 'seen' }))
  const first = earliestOf(stops, undefined)
  const firstTold = earliestOf(told, undefined)
  const within = (bound: Bound | undefined): Bound | undefined =>
    bound === undefined || bound.atNs > limitNs ? undefined : bound
  return within(first) ?? within(firstTold)
}

/** Nobody told of the stop: the earliest there can have been one, when all that could stop it is known. */
function assumedStop(context: RecordContext, over: Bound | undefined): Bound | undefined {
  const { object } = context.history
  if (object === undefined || over === undefined) return undefined
  // A pause leaves no time stamp behind: only an object that was injected once was never paused.
  const once = context.records.every((record) => record.injectedCount === 1) && !object.paused
  if (!once || context.records.length === 0) return undefined
  const timeUp: Bound | undefined =
    object.durationNs === undefined
      ? undefined
      : { atNs: object.createdNs + object.durationNs, by: 'duration' }
  const deleted: Bound | undefined =
    object.deletionNs === undefined ? undefined : { atNs: object.deletionNs, by: 'second' }
  return earliestOf([timeUp, deleted], undefined)
}

/** Records are recovered in turn, too. */
function recordBefore(context: RecordContext, round: Round, stop: Bound | undefined): Bound | undefined {
  const recoveredNs = round.recovered?.controllerNsMax
  if (context.podChaosKind !== undefined || recoveredNs === undefined || stop === undefined) return undefined
  const { clock } = context
  const failed = (context.reasons.get('Failed') ?? []).some(
    (event) => earliestOurs(clock, event.atNs) >= stop.atNs && event.atNs < recoveredNs,
  )
  if (failed) return undefined
  const last = lastInOrder(context.reasons.get('Recovered') ?? [], recoveredNs, (event) => {
    if (earliestOurs(clock, event.atNs) < stop.atNs) return 'stop'
    return isRecordBefore(context, event) ? 'take' : 'pass'
  })
  return last === undefined ? undefined : { atNs: earliestOurs(clock, last.atNs), by: 'record-before' }
}

/** The daemon removes only after the rule is gone from the pod's object. */
function ruleRemoved(context: RecordContext, start: StartBounds): Bound | undefined {
  const removed = context.rules.find(
    (one, i) => !one.hasRule && context.rules[i - 1]?.hasRule === true && one.seenNs > start.latest.atNs,
  )
  // A later state than the removal itself would give too late a bound.
  if (removed === undefined || !removed.live || removed.observedGeneration >= removed.generation)
    return undefined
  return { atNs: removed.seenNs - context.clock.watchLatencyNsMax, by: 'pod-chaos' }
}
