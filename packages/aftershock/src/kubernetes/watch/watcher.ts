import type { Clock } from '../../engine/clock.ts'
import type { ApiError } from '../api-error.ts'
import type { KubeClient, KubeList } from '../client.ts'
import { type Change, type Follower, follow } from '../follow.ts'
import type { KubeObject } from '../objects.ts'
import {
  CHAOS_KINDS,
  EVENTS,
  POD_HTTP_CHAOS,
  POD_IO_CHAOS,
  POD_NETWORK_CHAOS,
  PODS,
  type Resource,
  SCHEDULES,
  WORKFLOWS,
} from '../resources.ts'
import { readChaosEvent } from '../windows/chaos-event.ts'
import { readChaosObject } from '../windows/chaos-object.ts'
import { readPodChaos } from '../windows/pod-chaos.ts'
import { readPod } from '../windows/pod-facts.ts'
import type { Archive } from './archive.ts'
import type { ExperimentBook } from './experiment-book.ts'
import type { Journal } from './journal.ts'
import type { Sighting } from './sighting.ts'

export type WatcherOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly book: ExperimentBook
  readonly journal: Journal
  readonly archive: Archive
  /** Undefined: the whole cluster. */
  readonly namespace?: string | undefined
  readonly say: (text: string) => void
}

export type Watcher = {
  /** Resolves when the cluster was listed once. Rejects when it may not be. */
  readonly ready: Promise<void>
  /** Grows with every sighting that may change a window. */
  revision(): number
  /** Resolves when the revision is beyond `since`, or after `ms`. */
  changed(since: number, ms: number, signal?: AbortSignal): Promise<number>
  counts(): WatcherCounts
  /** Raw objects of chaos kinds that are there, for whoever removes them. */
  chaosObjects(): Iterable<{ readonly resource: Resource; readonly object: KubeObject }>
  stop(): Promise<void>
}

export type WatcherCounts = {
  readonly sightings: number
  readonly relists: number
  readonly troubles: number
  /** Kinds that are not served by this cluster. */
  readonly missingKinds: readonly string[]
}

/** Only what has a window, or begins something that has; a Pod*Chaos is watched for the daemon's answers. */
const WATCHED: readonly Resource[] = [...CHAOS_KINDS, SCHEDULES, WORKFLOWS]
const PER_POD: readonly Resource[] = [POD_NETWORK_CHAOS, POD_HTTP_CHAOS, POD_IO_CHAOS]
/** Everything it lists and watches: what its role must grant. */
export const WATCHED_RESOURCES: readonly Resource[] = [...WATCHED, ...PER_POD, PODS, EVENTS]
const JOURNAL_BYTES_MAX = 16 * 1024 * 1024
const HOUSEKEEPING_MS = 10_000

/**
 * Follows everything of Chaos Mesh in a cluster and keeps the book: 17 watches of chaos kinds, three of
 * objects per pod, one of events, one of pods, however many objects there are.
 */
export function startWatcher(options: WatcherOptions): Watcher {
  return new FollowingWatcher(options)
}

class FollowingWatcher implements Watcher {
  readonly ready: Promise<void>
  readonly #options: WatcherOptions
  readonly #stop = new AbortController()
  readonly #followers: { readonly resource: Resource; readonly follower: Follower<KubeObject> }[] = []
  readonly #missing: string[] = []
  #revision = 1
  #wake = Promise.withResolvers<void>()
  #sightings = 0
  #relists = 0
  #troubles = 0
  /** By resource: until when it was surely watched. */
  readonly #watchedNs = new Map<Resource, bigint>()
  #stopping: Promise<void> | undefined
  #keeping: Promise<void> = Promise.resolve()

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#recall()
    this.ready = this.#start()
    this.ready.catch(() => undefined)
  }

  revision(): number {
    return this.#revision
  }

  async changed(since: number, ms: number, signal?: AbortSignal): Promise<number> {
    if (this.#revision <= since) {
      const ended = new AbortController()
      const either = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal])
      await Promise.race([this.#wake.promise, this.#options.clock.sleep(ms, either)])
      ended.abort()
    }
    return this.#revision
  }

  counts(): WatcherCounts {
    return {
      sightings: this.#sightings,
      relists: this.#relists,
      troubles: this.#troubles,
      missingKinds: this.#missing,
    }
  }

  *chaosObjects(): Iterable<{ readonly resource: Resource; readonly object: KubeObject }> {
    for (const { resource, follower } of this.#followers)
      if (WATCHED.includes(resource))
        for (const object of follower.objects.values()) yield { resource, object }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end()
    return this.#stopping
  }

  async #end(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#followers.map(({ follower }) => follower.done))
    await this.#keeping
    this.#options.journal.close()
  }

  /** What an earlier process saw; between its last line and now nobody watched. */
  #recall(): void {
    const { archive, book, journal, clock } = this.#options
    for (const { experiment } of archive.all()) book.forget(experiment.id)
    for (const sighting of journal.read()) book.note(sighting)
    const lastMs = journal.lastMs()
    if (lastMs !== undefined && book.entries().length > 0)
      this.#see({ what: 'gap', fromNs: BigInt(Math.floor(lastMs)) * 1_000_000n, untilNs: clock.nowNs() })
  }

  async #start(): Promise<void> {
    // Pods and rules first: an experiment that is found then finds its pods as they are.
    const first = [PODS, ...PER_POD].map((resource) => this.#follow(resource))
    await Promise.all(first)
    await Promise.all(WATCHED.map((resource) => this.#follow(resource)))
    await this.#follow(EVENTS, 'involvedObject.apiVersion=chaos-mesh.org/v1alpha1')
    // Events of what no list held: it was gone before we came.
    for (const entry of this.#options.book.entries())
      if (entry.object === undefined && entry.goneNs === undefined)
        this.#see({ what: 'gone', uid: entry.uid, seenNs: this.#options.clock.nowNs(), live: false })
    this.#keeping = this.#keepHouse()
  }

  /** A kind that this version of Chaos Mesh does not have is no trouble. */
  async #follow(resource: Resource, fieldSelector?: string): Promise<void> {
    const { client, clock, namespace, say } = this.#options
    const stop = new AbortController()
    const follower = follow<KubeObject>(client, clock, {
      resource,
      scope: { ...(resource.namespaced && { namespace }), fieldSelector },
      onChange: (change) => this.#onChange(resource, change),
      onListed: (list, isGap) => this.#onListed(resource, list, isGap),
      onTrouble: (error) => {
        this.#troubles += 1
        if (this.#troubles <= 3) say(`${resource.plural}: ${error.message}`)
      },
      signal: AbortSignal.any([stop.signal, this.#stop.signal]),
    })
    this.#followers.push({ resource, follower })
    try {
      await follower.ready
    } catch (error) {
      stop.abort()
      if ((error as ApiError).status !== 404 || resource.group === '') throw error
      this.#missing.push(resource.kind)
    }
  }

  #onChange(resource: Resource, change: Change<KubeObject>): void {
    if (change.by !== 'list') this.#watchedNs.set(resource, change.receivedNs)
    const seen = { seenNs: change.receivedNs, live: change.by === 'watch' }
    const { object } = change
    const isGone = change.kind === 'deleted'
    if (resource === PODS) {
      const pod = readPod(object)
      if (pod !== undefined) this.#see({ what: 'pod', ...seen, pod, gone: isGone })
    } else if (resource === EVENTS) {
      const event = isGone ? undefined : readChaosEvent(object)
      if (event !== undefined) this.#see({ what: 'event', ...seen, event })
    } else if (PER_POD.includes(resource)) {
      const podChaos = readPodChaos({ kind: resource.kind, ...object })
      if (podChaos !== undefined)
        this.#see({ what: 'rule', ...seen, podChaos: isGone ? { ...podChaos, sources: [] } : podChaos })
    } else this.#onChaos({ kind: resource.kind, ...object }, seen, isGone)
  }

  #onChaos(json: KubeObject, seen: { seenNs: bigint; live: boolean }, isGone: boolean): void {
    const object = readChaosObject(json)
    if (object === undefined) return
    const { book } = this.#options
    const sighting = book.shortened({ what: 'object', ...seen, object })
    if (sighting !== undefined) this.#see(sighting)
    if (isGone) this.#see({ what: 'gone', ...seen, uid: object.uid })
  }

  /** What the book believes to be there and the list does not hold went while nobody watched. */
  #onListed(resource: Resource, list: KubeList, isGap: boolean): void {
    const { book, clock } = this.#options
    const nowNs = clock.nowNs()
    if (isGap) {
      this.#relists += 1
      this.#see({ what: 'gap', fromNs: this.#watchedNs.get(resource) ?? nowNs, untilNs: nowNs })
    }
    this.#watchedNs.set(resource, nowNs)
    if (!WATCHED.includes(resource)) return
    const there = new Set(list.items.map((one) => one.metadata.uid))
    for (const uid of book.present(resource.kind))
      if (!there.has(uid)) this.#see({ what: 'gone', uid, seenNs: nowNs, live: false })
  }

  #see(sighting: Sighting): void {
    this.#sightings += 1
    const { book, journal } = this.#options
    const news = book.note(sighting)
    if (news.length === 0) return
    for (const one of news) journal.append(one)
    this.#revision += 1
    this.#wake.resolve()
    this.#wake = Promise.withResolvers<void>()
  }

  async #keepHouse(): Promise<void> {
    const { archive, book, clock, journal } = this.#options
    while (!this.#stop.signal.aborted) {
      await clock.sleep(HOUSEKEEPING_MS, this.#stop.signal)
      journal.flush()
      const done = book.archive(clock.nowNs())
      archive.add(done)
      archive.expire(Number(clock.nowNs() / 1_000_000n))
      if (done.length > 0) this.#revision += 1
      if (done.length > 0 || journal.bytes() > JOURNAL_BYTES_MAX) this.#shorten(journal, book)
    }
  }

  /** Only when it pays: what is still of interest must be written again. */
  #shorten(journal: Journal, book: ExperimentBook): void {
    if (journal.bytes() > JOURNAL_BYTES_MAX / 16 || book.entries().length === 0)
      journal.rewrite(book.sightings())
  }
}
