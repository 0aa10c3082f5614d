import { ascending } from '../../model/order.ts'
import type { Bound } from './bound.ts'
import type { ChaosEvent } from './chaos-event.ts'
import type { ChaosRecord, RecordEvent } from './chaos-object.ts'
import { type ControllerClock, earliestOurs, latestOurs } from './controller-clock.ts'
import type { PhaseSighting } from './history.ts'

/** A record was applied or recovered; it was done by `done`. */
export type Mark = {
  readonly operation: 'Apply' | 'Recover'
  readonly done: Bound
  /** By the controller's clock: the `Applied` or `Recovered` event, or the second it lies in. */
  readonly controllerNs: bigint | undefined
  readonly controllerNsMax: bigint | undefined
}

const SECOND_NS = 1_000_000_000n

/**
 * What is known of one record's applications and recoveries, in order. The record's own list is the most
 * complete (it survives our absence) but has whole seconds; Events have nanoseconds but may be lost; what a
 * watch showed is the last resort.
 */
export function marksOf(
  records: readonly ChaosRecord[],
  events: readonly ChaosEvent[],
  phases: readonly PhaseSighting[],
  clock: ControllerClock,
): readonly Mark[] {
  const exact = events
    .filter((event) => event.reason === 'Applied' || event.reason === 'Recovered')
    .toSorted(ascending((one) => one.atNs))
  const unused = new Set(exact)
  const listed = records.flatMap((record) => record.events.filter((event) => event.succeeded))
  const marks = (records.length > 1 ? listed.toSorted(ascending((one) => one.atNs)) : listed).map(
    (event): Mark => {
      const match = nearestTo(event, unused)
      if (match === undefined) return listedMark(event, clock)
      unused.delete(match)
      return eventMark(match, clock)
    },
  )
  for (const event of unused) insertInOrder(marks, eventMark(event, clock))
  return withSightings(marks, phases, clock)
}

function operationOf(event: ChaosEvent): Mark['operation'] {
  return event.reason === 'Applied' ? 'Apply' : 'Recover'
}

/** Both are written one after the other: the event is of the same second, or of the next when the clock ticked between. */
const BETWEEN_NS = 200_000_000n

function nearestTo(listed: RecordEvent, events: ReadonlySet<ChaosEvent>): ChaosEvent | undefined {
  const like = [...events].filter((event) => operationOf(event) === listed.operation)
  const within = (fromNs: bigint, untilNs: bigint): ChaosEvent | undefined =>
    like.find((event) => event.atNs - listed.atNs >= fromNs && event.atNs - listed.atNs < untilNs)
  return within(0n, SECOND_NS) ?? within(-BETWEEN_NS, SECOND_NS + BETWEEN_NS)
}

function eventMark(event: ChaosEvent, clock: ControllerClock): Mark {
  const endNs = event.exact ? event.atNs : event.atNs + SECOND_NS
  const by = event.exact ? 'event' : 'record-second'
  return {
    operation: operationOf(event),
    done: { atNs: latestOurs(clock, endNs), by },
    controllerNs: event.atNs,
    controllerNsMax: endNs,
  }
}

function listedMark(event: RecordEvent, clock: ControllerClock): Mark {
  const endNs = event.atNs + SECOND_NS
  const done: Bound = { atNs: latestOurs(clock, endNs), by: 'record-second' }
  return { operation: event.operation, done, controllerNs: event.atNs, controllerNsMax: endNs }
}

function insertInOrder(marks: Mark[], mark: Mark): void {
  const after = marks.findIndex(
    (one) => (one.controllerNs ?? 0n) > (mark.controllerNs ?? 0n) && one.operation !== mark.operation,
  )
  const last = marks.findIndex((one) => (one.controllerNs ?? 0n) > (mark.controllerNs ?? 0n) + SECOND_NS)
  const at = after === -1 ? last : last === -1 ? after : Math.min(after, last)
  marks.splice(at === -1 ? marks.length : at, 0, mark)
}

/** What a watch or a list showed, and neither a list of events nor an Event tells, is a mark too. */
function withSightings(
  marks: readonly Mark[],
  phases: readonly PhaseSighting[],
  clock: ControllerClock,
): readonly Mark[] {
  const sightings = phases.toSorted(ascending((one) => one.seenNs))
  const changes = sightings.filter((one, i) => isInjected(one.phase) !== (stateBefore(sightings, i) ?? false))
  const sharpened = marks.map((mark, i) => sharpen(mark, marks[i - 1], changes))
  const all = [...sharpened]
  const told = new Set<Mark>()
  for (const sighting of sightings) {
    const operation = isInjected(sighting.phase) ? 'Apply' : 'Recover'
    if (!changes.includes(sighting) && !contradicts(sighting, all, clock)) continue
    const otherNs = oppositeBefore(sightings, changes, sighting, clock)
    const open = sharpened.filter(
      (mark) => mark.operation === operation && !told.has(mark) && mark.done.atNs > otherNs,
    )
    const known =
      open.findLast((mark) => mark.done.atNs <= sighting.seenNs) ??
      open.find((mark) => beginOf(mark, clock) <= sighting.seenNs)
    if (known !== undefined) {
      // Those before it were told of, too, whether we saw them or not.
      for (const mark of sharpened.slice(0, sharpened.indexOf(known) + 1)) told.add(mark)
      continue
    }
    const done: Bound = { atNs: sighting.seenNs, by: 'seen' }
    insertSeen(all, { operation, done, controllerNs: undefined, controllerNsMax: undefined })
  }
  return all
}

/** The record was seen otherwise then, or a little before: what led to this sighting came after. */
function oppositeBefore(
  sightings: readonly PhaseSighting[],
  changes: readonly PhaseSighting[],
  sighting: PhaseSighting,
  clock: ControllerClock,
): bigint {
  const opposite = sightings.findLast(
    (one) =>
      one.seenNs < sighting.seenNs &&
      isInjected(one.phase) !== isInjected(sighting.phase) &&
      (!one.live || changes.includes(one)),
  )
  if (opposite === undefined) return 0n
  // One watch may be slower than the one by which lateness is measured.
  const isLate = opposite.live && clock.watchLatencyNsMax < LATE_WATCH_NS
  return opposite.seenNs - (isLate ? LATE_WATCH_NS : clock.watchLatencyNsMax)
}

const LATE_WATCH_NS = 2_000_000_000n

/** A list shows a state that the marks before it do not lead to: what led there was missed. */
function contradicts(sighting: PhaseSighting, marks: readonly Mark[], clock: ControllerClock): boolean {
  if (sighting.live) return false
  const before = marks.filter((mark) => beginOf(mark, clock) <= sighting.seenNs)
  const isFresh = before.some((mark) => mark.done.atNs > sighting.seenNs - clock.watchLatencyNsMax)
  return !isFresh && (before.at(-1)?.operation === 'Apply') !== isInjected(sighting.phase)
}

/** It was not done before this. */
function beginOf(mark: Mark, clock: ControllerClock): bigint {
  return mark.controllerNs === undefined ? mark.done.atNs : earliestOurs(clock, mark.controllerNs)
}

/** A sighting comes late: the opposite that followed may be known with an earlier time. */
function insertSeen(marks: Mark[], mark: Mark): void {
  let at = marks.findIndex((one) => one.done.atNs > mark.done.atNs)
  if (at === -1) at = marks.length
  const is = (i: number, operation: Mark['operation']): boolean => marks[i]?.operation === operation
  if (
    mark.operation === 'Apply'
      ? is(at - 1, 'Recover') && !is(at - 2, 'Apply')
      : is(at - 1, 'Apply') && is(at - 2, 'Apply')
  )
    at -= 1
  const next = marks[at]?.done.atNs
  const atNs = next !== undefined && next < mark.done.atNs ? next : mark.done.atNs
  marks.splice(at, 0, { ...mark, done: { atNs, by: 'seen' } })
}

/** A whole second is cut short by the moment at which we saw the new phase. */
function sharpen(mark: Mark, before: Mark | undefined, phases: readonly PhaseSighting[]): Mark {
  if (mark.done.by !== 'record-second') return mark
  const beginNs = mark.done.atNs - SECOND_NS
  const isIn = mark.operation === 'Apply'
  const seen = phases.find(
    (one) =>
      one.live &&
      isInjected(one.phase) === isIn &&
      one.seenNs >= beginNs &&
      (before === undefined || one.seenNs >= before.done.atNs),
  )
  if (seen === undefined || seen.seenNs >= mark.done.atNs) return mark
  return { ...mark, done: { atNs: seen.seenNs, by: 'seen' } }
}

function stateBefore(phases: readonly PhaseSighting[], at: number): boolean | undefined {
  const before = phases.slice(0, at).findLast((one) => one.selectorKey === phases[at]?.selectorKey)
  return before === undefined ? undefined : isInjected(before.phase)
}

/** `Injected/Wait` still is in force, or may be; `Not Injected/Wait` may be already. */
export function isInjected(phase: PhaseSighting['phase']): boolean {
  return phase === 'Injected' || phase === 'Injected/Wait'
}
