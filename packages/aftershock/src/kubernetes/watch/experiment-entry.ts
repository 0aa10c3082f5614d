import type { ChaosEvent } from '../windows/chaos-event.ts'
import type { ChaosObject, ChaosRecord } from '../windows/chaos-object.ts'
import { type DesiredSighting, type PhaseSighting, placeOf, type Seen } from '../windows/history.ts'
import type { Sighting } from './sighting.ts'

/** An event, and when it reached us. */
export type SeenEvent = ChaosEvent & Seen

/** What the watcher holds of one chaos object while it is of interest. */
export type ExperimentEntry = {
  readonly uid: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  object: ChaosObject | undefined
  readonly events: SeenEvent[]
  readonly eventNames: Set<string>
  readonly phases: PhaseSighting[]
  readonly desired: DesiredSighting[]
  readonly gaps: { readonly fromNs: bigint; readonly untilNs: bigint }[]
  goneNs: bigint | undefined
  /** First and last time anything was seen of it. */
  firstNs: bigint
  lastNs: bigint
  /** Grows with everything that may change its windows. */
  version: number
  /** `namespace/pod` of all pods that it names. */
  readonly podKeys: Set<string>
  /** Events beyond the limit. */
  dropped: number
}

export const EVENTS_PER_OBJECT_MAX = 4_000

export function newEntry(
  of: Pick<ExperimentEntry, 'uid' | 'kind' | 'namespace' | 'name'>,
  seenNs: bigint,
): ExperimentEntry {
  return {
    ...of,
    object: undefined,
    events: [],
    eventNames: new Set(),
    phases: [],
    desired: [],
    gaps: [],
    goneNs: undefined,
    firstNs: seenNs,
    lastNs: seenNs,
    version: 0,
    podKeys: new Set(),
    dropped: 0,
  }
}

/** Takes a state of the object in; `object.records` are those that changed. */
export function noteObject(entry: ExperimentEntry, sighting: Sighting & { readonly what: 'object' }): void {
  const { object, seenNs, live } = sighting
  const seen = { seenNs, live }
  if (object.desiredPhase !== undefined && object.desiredPhase !== entry.object?.desiredPhase)
    entry.desired.push({ ...seen, desiredPhase: object.desiredPhase })
  const known = new Map((entry.object?.records ?? []).map((record) => [keyOf(record), record.phase]))
  for (const record of object.records ?? []) {
    const { id, selectorKey, phase } = record
    if (known.get(keyOf(record)) !== phase) entry.phases.push({ ...seen, id, selectorKey, phase })
    notePod(entry, id)
  }
  entry.object = { ...object, records: mergedRecords(entry.object?.records, object.records) }
}

/** Of an event that came twice (a list after a watch) the first counts. @returns whether it was new */
export function noteEvent(entry: ExperimentEntry, event: SeenEvent): boolean {
  const name = `${event.namespace}/${event.name}`
  if (entry.eventNames.has(name)) return false
  entry.eventNames.add(name)
  if (event.recordId !== undefined) notePod(entry, event.recordId)
  if (entry.events.length >= EVENTS_PER_OBJECT_MAX) entry.dropped += 1
  else entry.events.push(event)
  return true
}

/** Records of the new state that differ from the known one. */
export function changedRecords(
  known: readonly ChaosRecord[] | undefined,
  now: readonly ChaosRecord[] | undefined,
): readonly ChaosRecord[] | undefined {
  if (known === undefined || now === undefined) return now
  const byKey = new Map(known.map((record) => [keyOf(record), record]))
  return now.filter((record) => !isSameRecord(byKey.get(keyOf(record)), record))
}

function mergedRecords(
  known: readonly ChaosRecord[] | undefined,
  changed: readonly ChaosRecord[] | undefined,
): readonly ChaosRecord[] | undefined {
  if (known === undefined || changed === undefined) return changed ?? known
  const merged = new Map(known.map((record) => [keyOf(record), record]))
  for (const record of changed) merged.set(keyOf(record), record)
  return [...merged.values()]
}

function keyOf(record: ChaosRecord): string {
  return `${record.selectorKey} ${record.id}`
}

function isSameRecord(a: ChaosRecord | undefined, b: ChaosRecord): boolean {
  return (
    a !== undefined &&
    a.phase === b.phase &&
    a.injectedCount === b.injectedCount &&
    a.recoveredCount === b.recoveredCount &&
    a.events.length === b.events.length &&
    a.events.at(-1)?.atNs === b.events.at(-1)?.atNs
  )
}

function notePod(entry: ExperimentEntry, recordId: string): void {
  const { namespace, pod } = placeOf(entry.kind, recordId)
  if (pod !== undefined) entry.podKeys.add(`${namespace}/${pod}`)
}
