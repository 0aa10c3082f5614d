import type { ClusterEventJson, ClusterExperimentJson } from '../../model/cluster-experiment.ts'
import { ascending } from '../../model/order.ts'
import { type ClockSample, type ControllerClock, controllerClock } from '../windows/controller-clock.ts'
import type { History, PodSighting } from '../windows/history.ts'
import { type HistoryWindows, podWindows } from '../windows/pod-windows.ts'
import { changedRecords, type ExperimentEntry, newEntry, noteEvent, noteObject } from './experiment-entry.ts'
import { eventJson, experimentJson } from './experiment-json.ts'
import { PodBook } from './pod-book.ts'
import { PodChaosBook } from './pod-chaos-book.ts'
import { replayOf } from './replay-of.ts'
import type { Sighting } from './sighting.ts'

/** A finished experiment as it is kept: its windows do not change any more. */
export type Archived = {
  readonly experiment: ClusterExperimentJson
  readonly events: readonly ClusterEventJson[]
}

const SAMPLES_MAX = 1_000
/** Samples this near to an experiment tell of the clocks while it ran. */
const SAMPLES_NEAR_NS = 600_000_000_000n
/** Late events of an object that is gone still belong to it. */
const ARCHIVE_AFTER_NS = 60_000_000_000n

/**
 * All that is known of the chaos in a cluster. It takes sightings in and gives windows out; where the
 * sightings come from (a watch, a journal) is not its matter.
 */
export class ExperimentBook {
  readonly #entries = new Map<string, ExperimentEntry>()
  readonly #podChaos = new PodChaosBook()
  readonly #pods = new PodBook()
  readonly #samples: ClockSample[] = []
  readonly #cache = new Map<string, { readonly version: number; readonly found: HistoryWindows }>()
  readonly #archived = new Set<string>()

  /** @returns what of it was news, worth lines in the journal: it, and the state of pods it names first */
  note(sighting: Sighting): readonly Sighting[] {
    const subject =
      sighting.what === 'object' ? sighting.object.uid : sighting.what === 'event' ? sighting.event.uid : ''
    const before = this.#entries.get(subject)?.podKeys.size ?? 0
    if (!this.#take(sighting)) return []
    const keys = this.#entries.get(subject)?.podKeys
    if (keys === undefined || keys.size === before) return [sighting]
    const pods = [...keys].slice(before).flatMap((key) => this.#pods.states(key).slice(-1))
    return [sighting, ...pods.map((pod): Sighting => ({ what: 'pod', ...pod }))]
  }

  #take(sighting: Sighting): boolean {
    switch (sighting.what) {
      case 'object':
        return this.#noteObject(sighting)
      case 'gone':
        return this.#noteGone(sighting)
      case 'event':
        return this.#noteEvent(sighting)
      case 'rule':
        return this.#notePodChaos(
          `${sighting.podChaos.namespace}/${sighting.podChaos.pod}`,
          sighting.seenNs,
          this.#podChaos.noteState(sighting),
        )
      case 'pod':
        return this.#notePod(sighting)
      case 'gap':
        return this.#noteGap(sighting)
    }
  }

  /** The sighting of an object without the records that are known already; undefined: nothing new in it. */
  shortened(sighting: Sighting & { readonly what: 'object' }): Sighting | undefined {
    const known = this.#entries.get(sighting.object.uid)?.object
    const records = changedRecords(known?.records, sighting.object.records)
    const isNew =
      known === undefined ||
      (records?.length ?? 0) > 0 ||
      known.generation !== sighting.object.generation ||
      known.paused !== sighting.object.paused ||
      known.deletionNs !== sighting.object.deletionNs
    return isNew ? { ...sighting, object: { ...sighting.object, records } } : undefined
  }

  /** Newest first. */
  entries(): readonly ExperimentEntry[] {
    return [...this.#entries.values()].toSorted((a, b) => (a.firstNs < b.firstNs ? 1 : -1))
  }

  windowsOf(entry: ExperimentEntry): HistoryWindows {
    const known = this.#cache.get(entry.uid)
    if (known?.version === entry.version) return known.found
    const found = podWindows(this.#historyOf(entry), this.clockOf(entry))
    this.#cache.set(entry.uid, { version: entry.version, found })
    return found
  }

  experiment(entry: ExperimentEntry): ClusterExperimentJson {
    return experimentJson(entry, this.windowsOf(entry), (namespace, pod) => {
      return this.#pods.newest(namespace, pod)?.pod.service
    })
  }

  clockOf(entry: ExperimentEntry): ControllerClock {
    const [from, until] = [entry.firstNs - SAMPLES_NEAR_NS, entry.lastNs + SAMPLES_NEAR_NS]
    return controllerClock(this.#samples.filter((one) => one.seenNs >= from && one.seenNs <= until))
  }

  /** As it stands now. */
  clock(): ControllerClock {
    return controllerClock(this.#samples.slice(-100))
  }

  pods(): Iterable<PodSighting> {
    return this.#pods.all()
  }

  /** Uids of objects that the book believes to be there. */
  present(kind: string): readonly string[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.kind === kind && entry.goneNs === undefined && entry.object !== undefined)
      .map((entry) => entry.uid)
  }

  /** Takes those out that are gone for good. */
  archive(nowNs: bigint): readonly Archived[] {
    const done = [...this.#entries.values()].filter((entry) => {
      const lastNs = entry.goneNs ?? (entry.object === undefined ? entry.lastNs : undefined)
      return (
        lastNs !== undefined && lastNs + ARCHIVE_AFTER_NS < nowNs && entry.lastNs + ARCHIVE_AFTER_NS < nowNs
      )
    })
    const archived = done.map((entry) => {
      if (entry.goneNs === undefined) {
        entry.goneNs = entry.lastNs
        entry.version += 1
      }
      return { experiment: this.experiment(entry), events: entry.events.map(eventJson) }
    })
    for (const entry of done) this.forget(entry.uid)
    if (done.length > 0) this.#prune()
    return archived
  }

  /** It is kept elsewhere: what is still told of it is no news. */
  forget(uid: string): void {
    this.#entries.delete(uid)
    this.#cache.delete(uid)
    this.#archived.add(uid)
  }

  /** What a new journal must hold to give the same book. */
  *sightings(): Iterable<Sighting> {
    for (const entry of this.#entries.values()) {
      yield* replayOf(entry)
      for (const gap of entry.gaps) yield { what: 'gap', ...gap }
    }
    yield* this.#podChaos.sightings()
    for (const key of this.#named()) for (const one of this.#pods.states(key)) yield { what: 'pod', ...one }
  }

  #noteObject(sighting: Sighting & { readonly what: 'object' }): boolean {
    const { object, seenNs } = sighting
    if (this.#archived.has(object.uid)) return false
    const entry = this.#entryOf(object, seenNs)
    // Its events may have come first, and it was taken for gone.
    entry.goneNs = undefined
    noteObject(entry, sighting)
    this.#touch(entry, seenNs)
    return true
  }

  #noteGone({ uid, seenNs }: Sighting & { readonly what: 'gone' }): boolean {
    const entry = this.#entries.get(uid)
    if (entry === undefined || entry.goneNs !== undefined) return false
    entry.goneNs = seenNs
    this.#touch(entry, seenNs)
    return true
  }

  #noteEvent({ event, seenNs, live }: Sighting & { readonly what: 'event' }): boolean {
    if (live && event.exact) {
      this.#samples.push({ emittedNs: event.atNs, seenNs })
      if (this.#samples.length > SAMPLES_MAX) this.#samples.shift()
    }
    if (event.kind.startsWith('Pod') && event.kind !== 'PodChaos')
      return this.#notePodChaos(
        `${event.namespace}/${event.objectName}`,
        seenNs,
        this.#podChaos.noteEvent({ ...event, seenNs, live }),
      )
    if (this.#archived.has(event.uid) || event.uid === '') return false
    const of = { uid: event.uid, kind: event.kind, namespace: event.namespace, name: event.objectName }
    const entry = this.#entryOf(of, seenNs)
    if (!noteEvent(entry, { ...event, seenNs, live })) return false
    this.#touch(entry, seenNs)
    return true
  }

  #notePodChaos(key: string, seenNs: bigint, isNews: boolean): boolean {
    if (isNews) this.#touchPod(key, seenNs)
    return isNews
  }

  #notePod(sighting: Sighting & { readonly what: 'pod' }): boolean {
    const { pod, gone, seenNs, live } = sighting
    const key = `${pod.namespace}/${pod.name}`
    const isKept = this.#isNamed(key, pod.ownerUid)
    const isNews = this.#pods.note({ pod, gone, seenNs, live }, isKept)
    if (isNews && isKept) this.#touchPod(key, seenNs, pod.ownerUid)
    return isNews && isKept
  }

  #noteGap({ fromNs, untilNs }: Sighting & { readonly what: 'gap' }): boolean {
    let isNews = false
    for (const entry of this.#entries.values()) {
      const isKnown = entry.gaps.some((gap) => gap.fromNs === fromNs && gap.untilNs === untilNs)
      if (isKnown || (entry.goneNs !== undefined && entry.goneNs < fromNs)) continue
      entry.gaps.push({ fromNs, untilNs })
      entry.version += 1
      isNews = true
    }
    return isNews
  }

  #entryOf(
    of: Pick<ExperimentEntry, 'uid' | 'kind' | 'namespace' | 'name'>,
    seenNs: bigint,
  ): ExperimentEntry {
    const known = this.#entries.get(of.uid)
    if (known !== undefined) return known
    const { uid, kind, namespace, name } = of
    const made = newEntry({ uid, kind, namespace, name }, seenNs)
    this.#entries.set(uid, made)
    return made
  }

  #touch(entry: ExperimentEntry, seenNs: bigint): void {
    entry.version += 1
    if (seenNs > entry.lastNs) entry.lastNs = seenNs
  }

  #touchPod(key: string, seenNs: bigint, ownerUid = ''): void {
    for (const entry of this.#entries.values()) {
      if (entry.goneNs !== undefined && entry.kind !== 'PodChaos') continue
      const keys = entry.podKeys
      if (keys.has(key) || (ownerUid !== '' && this.#owns(keys, ownerUid))) this.#touch(entry, seenNs)
    }
  }

  #isNamed(key: string, ownerUid: string): boolean {
    for (const entry of this.#entries.values()) {
      const keys = entry.podKeys
      if (keys.has(key) || (ownerUid !== '' && entry.kind === 'PodChaos' && this.#owns(keys, ownerUid)))
        return true
    }
    return false
  }

  #owns(keys: ReadonlySet<string>, ownerUid: string): boolean {
    for (const key of this.#pods.owned(ownerUid)) if (keys.has(key)) return true
    return false
  }

  #historyOf(entry: ExperimentEntry): History {
    const keys = entry.podKeys
    const all = new Set(keys)
    for (const key of keys) {
      const ownerUid = this.#pods.states(key).at(-1)?.pod.ownerUid ?? ''
      if (entry.kind === 'PodChaos' && ownerUid !== '')
        for (const other of this.#pods.owned(ownerUid)) all.add(other)
    }
    const pods = [...all].flatMap((key) => this.#pods.states(key))
    return {
      ...entry,
      events: [...entry.events, ...this.#podChaos.events(keys)],
      podChaos: this.#podChaos.states(keys),
      pods: pods.toSorted(ascending((one) => one.seenNs)),
    }
  }

  #named(): ReadonlySet<string> {
    const named = new Set<string>()
    for (const entry of this.#entries.values()) for (const key of entry.podKeys) named.add(key)
    return named
  }

  #prune(): void {
    const named = this.#named()
    this.#podChaos.prune(named)
    this.#pods.prune((key, { pod }) => named.has(key) || this.#isNamed(key, pod.ownerUid))
  }
}
