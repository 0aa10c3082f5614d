import type { Clock } from '../engine/clock.ts'
import { ApiError } from './api-error.ts'
import type { KubeClient, KubeList } from './client.ts'
import type { KubeObject } from './objects.ts'
import type { Resource } from './resources.ts'
import type { Scope } from './scope.ts'
import type { WatchEnd } from './watch-stream.ts'

/**
 * What changed. `watch`: it had just happened. `list`: at some unknown time before `receivedNs`. `resumed`: soon
 * after a watch that had broken off was taken up again, so it may have waited.
 */
export type Change<T extends KubeObject> = {
  readonly kind: 'added' | 'modified' | 'deleted'
  readonly object: T
  readonly receivedNs: bigint
  readonly by: 'watch' | 'list' | 'resumed'
}

export type FollowRequest<T extends KubeObject> = {
  readonly resource: Resource
  readonly scope?: Scope | undefined
  readonly onChange: (change: Change<T>) => void
  /** After every list: what was there is known. `gap`: changes since the last look may have been missed. */
  readonly onListed?: ((list: KubeList<T>, gap: boolean) => void) | undefined
  /** A list or watch failed; it goes on trying. */
  readonly onTrouble?: ((error: ApiError) => void) | undefined
  readonly signal: AbortSignal
}

/** A cache kept up to date. */
export type Follower<T extends KubeObject> = {
  /** Resolves after the first list. Rejects with ApiError where the first list is refused (401, 403, 404). */
  readonly ready: Promise<void>
  readonly objects: ReadonlyMap<string, T>
  /** Resolves when the signal was aborted and everything is closed. */
  readonly done: Promise<void>
}

/** `namespace/name`. */
export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

/**
 * List, then watch, for as long as `signal` lets it: closed watches go on where they ended, expired ones
 * (410) begin with a new list, whose differences to what was known are told as changes.
 */
export function follow<T extends KubeObject>(
  client: KubeClient,
  clock: Clock,
  request: FollowRequest<T>,
): Follower<T> {
  const objects = new Map<string, T>()
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => undefined)
  const done = run(client, clock, request, objects, ready)
  return { ready: ready.promise, objects, done }
}

const firstPauseMs = 200
const longestPauseMs = 10_000
/** What had waited comes at once when a watch is taken up again. */
const settlingNs = 1_000_000_000n

async function run<T extends KubeObject>(
  client: KubeClient,
  clock: Clock,
  request: FollowRequest<T>,
  objects: Map<string, T>,
  ready: PromiseWithResolvers<void>,
): Promise<void> {
  const { resource, scope, signal } = request
  let version: string | undefined
  let listed = false
  let pauseMs = firstPauseMs
  // Watches that broke off since the last list.
  let breaks = 0
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list = await client.list<T>(resource, scope)
        version = list.resourceVersion
        breaks = 0
        applyList(list, clock.nowNs(), request, objects)
        request.onListed?.(list, listed)
        listed = true
        ready.resolve()
      }
      const openedNs = clock.nowNs()
      const isResumed = breaks > 0
      const end: WatchEnd = await client.watch({
        resource,
        scope,
        resourceVersion: version,
        signal,
        onLine: ({ type, object, receivedNs }) => {
          version = object.metadata.resourceVersion ?? version
          pauseMs = firstPauseMs
          if (type === 'BOOKMARK') return
          const by = isResumed && receivedNs - openedNs < settlingNs ? 'resumed' : 'watch'
          applyLine(type, { object: object as T, receivedNs, by }, request, objects)
        },
      })
      breaks += 1
      if (end.kind === 'expired') version = undefined
      if (end.kind === 'failed') throw end.error
      if (end.kind === 'closed') await clock.sleep(firstPauseMs, signal)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      request.onTrouble?.(error)
      if (!listed && [401, 403, 404].includes(error.status)) ready.reject(error)
      await clock.sleep(pauseMs, signal)
      pauseMs = Math.min(longestPauseMs, pauseMs * 2)
    }
  }
  ready.resolve()
}

function applyLine<T extends KubeObject>(
  type: 'ADDED' | 'MODIFIED' | 'DELETED',
  line: Omit<Change<T>, 'kind'>,
  request: FollowRequest<T>,
  objects: Map<string, T>,
): void {
  const { object } = line
  const key = keyOf(object)
  const kind = type === 'DELETED' ? 'deleted' : objects.has(key) ? 'modified' : 'added'
  if (type === 'DELETED') objects.delete(key)
  else objects.set(key, object)
  request.onChange({ kind, ...line })
}

function applyList<T extends KubeObject>(
  list: KubeList<T>,
  receivedNs: bigint,
  request: FollowRequest<T>,
  objects: Map<string, T>,
): void {
  const seen = new Set(list.items.map(keyOf))
  for (const [key, object] of [...objects]) {
    if (seen.has(key)) continue
    objects.delete(key)
    request.onChange({ kind: 'deleted', object, receivedNs, by: 'list' })
  }
  for (const object of list.items) {
    const key = keyOf(object)
    const known = objects.get(key)
    objects.set(key, object)
    // The same name may be another object by now.
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) {
      request.onChange({ kind: 'deleted', object: known, receivedNs, by: 'list' })
      request.onChange({ kind: 'added', object, receivedNs, by: 'list' })
    } else if (known === undefined) request.onChange({ kind: 'added', object, receivedNs, by: 'list' })
    else if (known.metadata.resourceVersion !== object.metadata.resourceVersion)
      request.onChange({ kind: 'modified', object, receivedNs, by: 'list' })
  }
}
