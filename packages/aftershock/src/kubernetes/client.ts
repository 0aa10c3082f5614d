import type { Clock } from '../engine/clock.ts'
import { ApiError } from './api-error.ts'
import type { KubeSettings } from './kubeconfig.ts'
import type { KubeObject } from './objects.ts'
import { type Resource, resourcePath } from './resources.ts'
import type { Scope } from './scope.ts'
import { type Answer, type Sender, sender } from './send-patiently.ts'
import { openTransport } from './transport.ts'
import { type WatchEnd, type WatchRequest, watchStream } from './watch-stream.ts'

export type KubeList<T extends KubeObject = KubeObject> = {
  readonly items: readonly T[]
  /** Where a watch may begin. */
  readonly resourceVersion: string
}

/** One object: its kind's place in the API, and its name. */
export type Ref = {
  readonly resource: Resource
  readonly namespace?: string | undefined
  readonly name: string
}

export type WriteOptions = { readonly dryRun?: boolean | undefined }

export type RemoveOptions = WriteOptions & {
  /** Only the object with this uid, not one of the same name that came after it. */
  readonly uid?: string | undefined
  readonly gracePeriodSeconds?: number | undefined
}

/**
 * A Kubernetes API server, as far as we need it. Every call waits out an API server that is away for a while
 * (`patienceMs`), and throws `ApiError` for what the server refuses.
 */
export type KubeClient = {
  readonly server: string
  readonly context: string
  /** Of the context. */
  readonly namespace: string
  /** All pages. The list is of one moment: a page that expired begins it anew. */
  list<T extends KubeObject = KubeObject>(resource: Resource, scope?: Scope): Promise<KubeList<T>>
  /** One watch, from `resourceVersion` on; `follow()` keeps one going. @returns why it ended; never throws */
  watch(watch: WatchRequest): Promise<WatchEnd>
  /** @returns undefined when it does not exist */
  get<T extends KubeObject = KubeObject>(ref: Ref): Promise<T | undefined>
  /** With `dryRun`, defaults, schema and webhooks are run and nothing is stored. */
  create<T extends KubeObject = KubeObject>(
    resource: Resource,
    object: Readonly<Record<string, unknown>>,
    options?: WriteOptions,
  ): Promise<T>
  /** A JSON merge patch (`null` removes); never a whole object, for the controller writes to it as well. */
  patch<T extends KubeObject = KubeObject>(
    ref: Ref,
    patch: Readonly<Record<string, unknown>>,
    options?: WriteOptions & { readonly subresource?: 'status' | undefined },
  ): Promise<T>
  /** Replaces, guarded by `metadata.resourceVersion`: 409 when somebody else wrote since it was read. */
  replace<T extends KubeObject = KubeObject>(
    resource: Resource,
    object: KubeObject & Readonly<Record<string, unknown>>,
  ): Promise<T>
  /** @returns false when it was gone already, or is another object by now (`uid`) */
  remove(ref: Ref, options?: RemoveOptions): Promise<boolean>
  /** Other paths: `/version`, `/readyz`, `/apis`, a `SelfSubjectAccessReview`. JSON where it is JSON, else text. */
  raw(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>
  /** Clock of the API server minus ours, by the Date header of its last answer; undefined before the first. */
  clockSkewMs(): number | undefined
  /** Requests sent so far, tries and watches counted. */
  requestCount(): number
  close(): void
}

export type ClientOptions = KubeSettings & {
  readonly clock: Clock
  /** An API server that is away is waited for so long before a call fails; default 20 s. */
  readonly patienceMs?: number | undefined
}

const pageSize = 500

/** @throws ProblemError when there is no such kubeconfig or context; nothing is sent yet */
export function connectKube(options: ClientOptions): KubeClient {
  const transport = openTransport(options)
  const send = sender(transport, options.clock, options.patienceMs ?? 20_000)
  return {
    server: transport.server,
    context: transport.context,
    namespace: transport.namespace,
    list: (resource, scope = {}) => listPages(send, resource, scope),
    watch: (request) => watchStream(transport, send, options.clock, request),
    get: async (ref) => {
      const path = resourcePath(ref.resource, ref)
      return (await unlessMissing(send.json({ method: 'GET', path })))?.value as never
    },
    create: (resource, object, write = {}) => create(send, resource, object, write) as Promise<never>,
    patch: async (ref, patch, write = {}) => {
      const path = `${resourcePath(ref.resource, ref)}${write.subresource === undefined ? '' : `/${write.subresource}`}`
      const body = JSON.stringify(patch)
      const contentType = 'application/merge-patch+json'
      return (await send.json({ method: 'PATCH', path: path + query(dryRun(write)), contentType, body }))
        .value as never
    },
    replace: async (resource, object) => {
      const path = resourcePath(resource, object.metadata)
      return (await send.json({ method: 'PUT', path, body: JSON.stringify(object) })).value as never
    },
    remove: (ref, write = {}) => remove(send, ref, write),
    raw: async (method, path, body) =>
      (await send.json({ method, path, ...(body !== undefined && { body: JSON.stringify(body) }) })).value,
    clockSkewMs: send.clockSkewMs,
    requestCount: send.requestCount,
    close: () => transport.close(),
  }
}

async function listPages<T extends KubeObject>(
  send: Sender,
  resource: Resource,
  scope: Scope,
): Promise<KubeList<T>> {
  const items: T[] = []
  let next = ''
  for (;;) {
    const parameters = { ...selectors(scope), limit: String(pageSize), continue: next }
    const path = resourcePath(resource, scope) + query(parameters)
    const answer = await send.json({ method: 'GET', path }).catch((error: unknown) => {
      // The moment that the first page showed has been compacted away: only a new list is consistent.
      if (error instanceof ApiError && error.status === 410 && next !== '') return undefined
      throw error
    })
    if (answer === undefined) {
      items.length = 0
      next = ''
      continue
    }
    const page = answer.value as {
      items?: readonly T[]
      metadata?: { continue?: string; resourceVersion?: string }
    }
    items.push(...(page.items ?? []))
    next = page.metadata?.continue ?? ''
    if (next === '') return { items, resourceVersion: page.metadata?.resourceVersion ?? '' }
  }
}

async function create(
  send: Sender,
  resource: Resource,
  object: Readonly<Record<string, unknown>>,
  write: WriteOptions,
): Promise<unknown> {
  const metadata = object.metadata as KubeObject['metadata']
  const path = resourcePath(resource, { namespace: metadata.namespace }) + query(dryRun(write))
  const answer = await send
    .json({ method: 'POST', path, body: JSON.stringify(object) })
    .catch(async (error: unknown) => {
      // The answer to an earlier try may have been lost on its way: then what exists is what we asked for.
      const isOurs = error instanceof ApiError && error.reason === 'AlreadyExists' && send.wasRetried(error)
      if (!isOurs) throw error
      return send.json({ method: 'GET', path: resourcePath(resource, metadata) })
    })
  return answer.value
}

async function remove(send: Sender, ref: Ref, write: RemoveOptions): Promise<boolean> {
  const path = resourcePath(ref.resource, ref) + query(dryRun(write))
  const body = JSON.stringify({
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(write.uid !== undefined && { preconditions: { uid: write.uid } }),
    ...(write.gracePeriodSeconds !== undefined && { gracePeriodSeconds: write.gracePeriodSeconds }),
  })
  const gone = (error: unknown): undefined => {
    const isOther = error instanceof ApiError && error.status === 409 && write.uid !== undefined
    if (isOther && /precondition/i.test(error.message)) return undefined
    throw error
  }
  const answer = await unlessMissing(send.json({ method: 'DELETE', path, body })).catch(gone)
  return answer !== undefined
}

async function unlessMissing(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

function selectors(scope: Scope): Readonly<Record<string, string | undefined>> {
  return { labelSelector: scope.labelSelector, fieldSelector: scope.fieldSelector }
}

function dryRun(write: WriteOptions): Readonly<Record<string, string | undefined>> {
  return { dryRun: write.dryRun === true ? 'All' : undefined }
}

/** `?a=b&c=d`, without what is empty. */
export function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value] as [string, string]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
