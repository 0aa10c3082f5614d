import type { ExperimentEntry, SeenEvent } from './experiment-entry.ts'
import type { Sighting } from './sighting.ts'

/** The sightings that lead to an entry as it is: what a shortened journal holds of it. */
export function* replayOf(entry: ExperimentEntry): Iterable<Sighting> {
  for (const event of entry.events) yield eventSighting(event)
  const { object, uid } = entry
  if (object !== undefined) yield* statesOf(entry, object)
  if (entry.goneNs !== undefined) yield { what: 'gone', uid, seenNs: entry.goneNs, live: false }
}

function* statesOf(
  entry: ExperimentEntry,
  object: NonNullable<ExperimentEntry['object']>,
): Iterable<Sighting> {
  const none = { ...object, records: object.records === undefined ? undefined : [], desiredPhase: undefined }
  yield { what: 'object', seenNs: entry.firstNs, live: false, object: none }
  for (const { desiredPhase, seenNs, live } of entry.desired)
    yield { what: 'object', seenNs, live, object: { ...none, desiredPhase } }
  for (const { id, selectorKey, phase, seenNs, live } of entry.phases) {
    const record = object.records?.find((one) => one.id === id && one.selectorKey === selectorKey)
    if (record === undefined) continue
    const before = { ...none, desiredPhase: object.desiredPhase, records: [{ ...record, phase }] }
    yield { what: 'object', seenNs, live, object: before }
  }
  yield { what: 'object', seenNs: entry.lastNs, live: false, object }
}

/** With the time at which it was seen: it tells of the clocks. */
export function eventSighting({ seenNs, live, ...event }: SeenEvent): Sighting {
  return { what: 'event', event, seenNs, live }
}
