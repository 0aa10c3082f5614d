import { type Bound, earliestOf, latestOf } from './bound.ts'
import type { ChaosEvent } from './chaos-event.ts'
import { earliestOurs, latestOurs } from './controller-clock.ts'
import type { RecordContext } from './record-context.ts'
import type { Round } from './rounds.ts'

/** The first request may have been hit somewhere in (earliest, latest]. */
export type StartBounds = { readonly earliest: Bound; readonly latest: Bound }

/** The end of the round before, or the object's creation. */
export type RoundBefore = {
  /** This round cannot have begun before. */
  readonly earliest: Bound
  /** By then the round before was over; undefined: there was none. */
  readonly overNs: bigint | undefined
}

/** @returns undefined when nothing says that it ever began */
export function startBounds(
  context: RecordContext,
  round: Round,
  before: RoundBefore,
): StartBounds | undefined {
  const done = round.applied?.done ?? round.recovered?.done ?? round.lostBy?.done
  if (done === undefined) return undefined
  const after = before.earliest
  const begun = begunBounds(context, round, after, done)
  const earliest = latestOf(begun, done.atNs) ?? {
    atNs: after.atNs < done.atNs ? after.atNs : done.atNs,
    by: 'none',
  }
  if (round.applied === undefined) return { earliest, latest: { atNs: done.atNs, by: 'none' } }
  const latest = earliestOf([done, ...installedBounds(context, before.overNs, done)], earliest.atNs) ?? done
  return { earliest, latest }
}

/** Moments at which it certainly had not begun. */
function begunBounds(
  context: RecordContext,
  round: Round,
  after: Bound,
  done: Bound,
): readonly (Bound | undefined)[] {
  const { clock } = context
  const appliedNs = round.applied?.controllerNsMax
  const started = lastBefore(context.reasons.get('Started') ?? [], appliedNs)
  return [
    after,
    started === undefined ? undefined : eventBound(earliestOurs(clock, started.atNs), 'event'),
    recordBefore(context, started, appliedNs),
    ruleWritten(context, after, done),
  ]
}

/** Other kinds than those with an object per pod are applied one record after the other, in one go. */
function recordBefore(
  context: RecordContext,
  started: ChaosEvent | undefined,
  appliedNs: bigint | undefined,
): Bound | undefined {
  if (context.podChaosKind !== undefined || started === undefined || appliedNs === undefined) return undefined
  // A failed try of an earlier round may already have left something behind.
  const failed = (context.reasons.get('Failed') ?? []).some(
    (event) => event.atNs > started.atNs && event.atNs < appliedNs,
  )
  const last = failed
    ? undefined
    : lastInOrder(context.reasons.get('Applied') ?? [], appliedNs, (event) => {
        if (event.atNs <= started.atNs) return 'stop'
        return isRecordBefore(context, event) ? 'take' : 'pass'
      })
  return last === undefined ? undefined : eventBound(earliestOurs(context.clock, last.atNs), 'record-before')
}

/** The daemon acts only after the rule is written to the pod's object; a watch shows the writing a little late. */
function ruleWritten(context: RecordContext, after: Bound, done: Bound): Bound | undefined {
  const at = context.rules.findIndex(
    (one, i) => one.hasRule && one.seenNs > after.atNs && context.rules[i - 1]?.hasRule !== true,
  )
  const written = context.rules[at]
  if (written === undefined || !written.live || written.seenNs > done.atNs + context.clock.watchLatencyNsMax)
    return undefined
  // A later state than the writing itself would give too late a bound: so would one whose past is not known.
  if (written.observedGeneration >= written.generation) return undefined
  if (at === 0 && written.generation > 1) return undefined
  return { atNs: written.seenNs - context.clock.watchLatencyNsMax, by: 'pod-chaos' }
}

/** Moments at which it certainly was installed, earlier than the controller's `Applied`. */
function installedBounds(
  context: RecordContext,
  overNs: bigint | undefined,
  done: Bound,
): readonly (Bound | undefined)[] {
  // A late sighting of the round before must not be taken for one of this round.
  const freshNs = overNs === undefined ? 0n : overNs + context.clock.watchLatencyNsMax
  const at = context.rules.findIndex(
    (one, i) => one.hasRule && context.rules[i - 1]?.hasRule !== true && one.seenNs > freshNs,
  )
  const written = context.rules[at]
  if (written === undefined) return []
  const observed = context.rules.find(
    (one, i) => i >= at && one.hasRule && !one.failed && one.observedGeneration >= written.generation,
  )
  const seen: Bound | undefined =
    observed === undefined ? undefined : { atNs: observed.seenNs, by: 'pod-chaos' }
  // Only when no other change of the pod was on its way can the next event be taken as ours.
  const alone = written.live && written.observedGeneration === written.generation - 1
  const event = alone ? updatedEvent(context, written.seenNs, done) : undefined
  return [seen, event]
}

/** PodNetworkChaos: `Updated` is said right after the daemon had answered. */
function updatedEvent(context: RecordContext, writtenSeenNs: bigint, done: Bound): Bound | undefined {
  const { clock } = context
  const after = context.podEvents.filter(
    (event) =>
      event.reason === 'Updated' &&
      event.exact &&
      event.component === 'podnetworkchaos' &&
      earliestOurs(clock, event.atNs) > writtenSeenNs &&
      latestOurs(clock, event.atNs) <= done.atNs,
  )
  const last = lastBefore(after, undefined)
  return last === undefined ? undefined : eventBound(latestOurs(clock, last.atNs), 'pod-chaos')
}

function eventBound(atNs: bigint, by: Bound['by']): Bound {
  return { atNs, by }
}

/** @param limitNs - controller's clock; undefined: no limit */
export function lastBefore(
  events: readonly ChaosEvent[],
  limitNs: bigint | undefined,
): ChaosEvent | undefined {
  return events.reduce<ChaosEvent | undefined>((best, event) => {
    if (limitNs !== undefined && event.atNs > limitNs) return best
    return best === undefined || event.atNs > best.atNs ? event : best
  }, undefined)
}

/** Whether it tells, with nanoseconds, of a record that the controller takes before this one. */
export function isRecordBefore(context: RecordContext, event: ChaosEvent): boolean {
  return event.exact && event.recordId !== undefined && context.isBefore(event.recordId)
}

/**
 * The last event before `limitNs` that is taken, looking back until one says stop; few are looked at, although
 * there may be thousands.
 *
 * @param events - in the order of their times
 */
export function lastInOrder(
  events: readonly ChaosEvent[],
  limitNs: bigint,
  judge: (event: ChaosEvent) => 'take' | 'pass' | 'stop',
): ChaosEvent | undefined {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((events[middle]?.atNs ?? limitNs) < limitNs) low = middle + 1
    else high = middle
  }
  for (let i = low - 1; i >= 0; i--) {
    const event = events[i]
    const word = event === undefined ? 'stop' : judge(event)
    if (word === 'take') return event
    if (word === 'stop') return undefined
  }
  return undefined
}
