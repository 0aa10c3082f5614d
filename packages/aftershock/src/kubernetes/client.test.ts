import { describe, expect, test } from 'vitest'
import { systemClock } from '../engine/clock.ts'
import { ApiError, problemOfApiError } from './api-error.ts'
import { connectKube, type KubeClient } from './client.ts'
import { type Change, follow } from './follow.ts'
import type { KubeObject } from './objects.ts'
import { CHAOS_RESOURCES, chaosResource, LEASES, PODS, resourcePath } from './resources.ts'
import { json, refusal, type ScriptedApi, scriptedApi } from './test-support/scripted-api.ts'

const clock = systemClock()
const networkChaos = chaosResource('NetworkChaos') ?? PODS

function clientOf(api: ScriptedApi, patienceMs = 5_000): KubeClient {
  return connectKube({ kubeconfig: api.kubeconfig, clock, patienceMs })
}

function pod(name: string, resourceVersion: string, uid = name): KubeObject {
  return { metadata: { name, namespace: 'shop', uid, resourceVersion } }
}

describe('resourcePath()', () => {
  test('places the core group, named groups and cluster-wide kinds', () => {
    expect(resourcePath(PODS, {})).toBe('/api/v1/pods')
    expect(resourcePath(PODS, { namespace: 'shop', name: 'a' })).toBe('/api/v1/namespaces/shop/pods/a')
    expect(resourcePath(networkChaos, { namespace: 'shop' })).toBe(
      '/apis/chaos-mesh.org/v1alpha1/namespaces/shop/networkchaos',
    )
    expect(resourcePath(LEASES, { namespace: 'x' })).toBe('/apis/coordination.k8s.io/v1/namespaces/x/leases')
    const cluster = chaosResource('RemoteCluster') ?? PODS
    expect(resourcePath(cluster, { namespace: 'x', name: 'y' })).toBe(
      '/apis/chaos-mesh.org/v1alpha1/remoteclusters/y',
    )
  })

  test('knows the 23 kinds of chaos-mesh.org, each under its own plural', () => {
    expect(CHAOS_RESOURCES).toHaveLength(23)
    expect(new Set(CHAOS_RESOURCES.map((one) => one.plural)).size).toBe(23)
  })
})

describe('a call', () => {
  test('comes with the credentials and the namespace of the context', async () => {
    await using api = await scriptedApi((_, response) => json(response, 200, pod('a', '1')))
    const client = clientOf(api)
    expect(client.namespace).toBe('shop')
    expect(await client.get({ resource: PODS, namespace: 'shop', name: 'a' })).toEqual(pod('a', '1'))
    expect(api.received[0]).toMatchObject({ method: 'GET', authorization: 'Bearer first' })
    expect(Math.abs(client.clockSkewMs() ?? Number.NaN)).toBeLessThan(2_000)
    client.close()
  })

  test('reads the token anew when the server no longer accepts it, once', async () => {
    await using api = await scriptedApi(({ authorization }, response) =>
      authorization === 'Bearer second'
        ? json(response, 200, pod('a', '1'))
        : json(response, 401, refusal(401, 'Unauthorized', 'Unauthorized')),
    )
    const client = clientOf(api)
    await expect(client.get({ resource: PODS, namespace: 'shop', name: 'a' })).rejects.toMatchObject({
      status: 401,
    })
    expect(api.received).toHaveLength(2)
    api.setToken('second')
    expect(await client.get({ resource: PODS, namespace: 'shop', name: 'a' })).toBeDefined()
    client.close()
  })

  test('waits for a server that is away, as long as its patience lasts', async () => {
    await using api = await scriptedApi((_, response, nth) =>
      nth < 3
        ? json(response, 503, refusal(503, 'ServiceUnavailable', 'apiserver not ready'))
        : json(response, 200, { items: [], metadata: { resourceVersion: '7' } }),
    )
    const client = clientOf(api)
    expect(await client.list(PODS)).toEqual({ items: [], resourceVersion: '7' })
    expect(client.requestCount()).toBe(3)
    client.close()
  })

  test('fails with status 0 where nothing listens, and says what to check', async () => {
    const api = await scriptedApi((_, response) => json(response, 200, {}))
    const client = clientOf(api, 200)
    await api[Symbol.asyncDispose]()
    const error = await client.raw('GET', '/version').catch((one: unknown) => one)
    expect(error).toBeInstanceOf(ApiError)
    const problem = problemOfApiError(error as ApiError, 'Cannot reach the cluster', client.server)
    expect(problem).toMatchObject({ exitCode: 4, problems: [{ code: 'cluster-unreachable' }] })
    expect(problem.problems[0]?.why).toMatch(/ECONNREFUSED/)
    client.close()
  })

  test('a pod that is not there is undefined, a refusal is an error with the server’s words', async () => {
    await using api = await scriptedApi(({ url }, response) =>
      url.endsWith('/a')
        ? json(response, 404, refusal(404, 'NotFound', 'pods "a" not found'))
        : json(
            response,
            403,
            refusal(403, 'Forbidden', 'pods "b" is forbidden: User "x" cannot get resource'),
          ),
    )
    const client = clientOf(api)
    expect(await client.get({ resource: PODS, namespace: 'shop', name: 'a' })).toBeUndefined()
    await expect(client.get({ resource: PODS, namespace: 'shop', name: 'b' })).rejects.toMatchObject({
      status: 403,
      reason: 'Forbidden',
      message: expect.stringContaining('cannot get resource'),
    })
    client.close()
  })
})

describe('list()', () => {
  test('reads page after page, and begins anew when the moment of the first page has expired', async () => {
    await using api = await scriptedApi(({ url }, response, nth) => {
      const next = new URL(url, 'http://x').searchParams.get('continue')
      if (next === null)
        json(response, 200, {
          items: [pod('a', '1')],
          metadata: { continue: `c${nth}`, resourceVersion: '5' },
        })
      else if (next === 'c1')
        json(response, 410, refusal(410, 'Expired', 'The provided continue parameter is too old'))
      else json(response, 200, { items: [pod('b', '2')], metadata: { resourceVersion: '6' } })
    })
    const client = clientOf(api)
    const list = await client.list(PODS, { labelSelector: 'app=web' })
    expect(list.items.map((one) => one.metadata.name)).toEqual(['a', 'b'])
    expect(list.resourceVersion).toBe('6')
    expect(api.received[0]?.url).toBe('/api/v1/pods?labelSelector=app%3Dweb&limit=500')
    client.close()
  })
})

describe('create()', () => {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'shop' } }

  test('a dry run is asked for in the query', async () => {
    await using api = await scriptedApi((_, response) => json(response, 201, object))
    const client = clientOf(api)
    await client.create(PODS, object, { dryRun: true })
    expect(api.received[0]).toMatchObject({ method: 'POST', url: '/api/v1/namespaces/shop/pods?dryRun=All' })
    expect(JSON.parse(api.received[0]?.body ?? '')).toEqual(object)
    client.close()
  })

  test('what exists already after a lost answer is what was asked for; otherwise it is a refusal', async () => {
    await using api = await scriptedApi(({ method }, response, nth) => {
      if (nth === 1) response.destroy()
      else if (method === 'GET') json(response, 200, pod('a', '3'))
      else json(response, 409, refusal(409, 'AlreadyExists', 'pods "a" already exists'))
    })
    const client = clientOf(api)
    expect(await client.create(PODS, object)).toEqual(pod('a', '3'))
    await expect(client.create(PODS, object)).rejects.toMatchObject({ reason: 'AlreadyExists' })
    client.close()
  })
})

describe('remove()', () => {
  test('removes only the object that was meant; one that is gone needs no removal', async () => {
    await using api = await scriptedApi(({ url }, response) => {
      if (url.includes('gone')) json(response, 404, refusal(404, 'NotFound', 'not found'))
      else if (url.includes('other'))
        json(
          response,
          409,
          refusal(409, 'Conflict', 'Precondition failed: UID in precondition: 1, UID in object meta: 2'),
        )
      else json(response, 200, { kind: 'Status', status: 'Success' })
    })
    const client = clientOf(api)
    const ref = { resource: PODS, namespace: 'shop' }
    expect(await client.remove({ ...ref, name: 'gone' })).toBe(false)
    expect(await client.remove({ ...ref, name: 'other' }, { uid: '1' })).toBe(false)
    expect(await client.remove({ ...ref, name: 'it' }, { uid: '1' })).toBe(true)
    expect(JSON.parse(api.received[2]?.body ?? '')).toMatchObject({ preconditions: { uid: '1' } })
    client.close()
  })
})

describe('follow()', () => {
  test('tells the differences after a watch that expired, and goes on', async () => {
    const stop = new AbortController()
    let lists = 0
    await using api = await scriptedApi(({ url }, response) => {
      const version = new URL(url, 'http://x').searchParams.get('resourceVersion')
      if (!url.includes('watch=true')) {
        lists += 1
        const items = lists === 1 ? [pod('a', '1'), pod('b', '1')] : [pod('a', '4'), pod('c', '5', 'c2')]
        json(response, 200, { items, metadata: { resourceVersion: lists === 1 ? '2' : '6' } })
        return
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      const line = (type: string, object: unknown): void =>
        void response.write(`${JSON.stringify({ type, object })}\n`)
      if (version === '2') {
        line('ADDED', pod('c', '3'))
        line('BOOKMARK', { metadata: { resourceVersion: '4' } })
        response.end()
      } else if (version === '4') {
        line('ERROR', refusal(410, 'Expired', 'too old resource version: 4 (5)'))
        response.end()
      } else line('DELETED', pod('a', '7'))
    })
    const client = clientOf(api)
    const changes: Change<KubeObject>[] = []
    const followed = follow(client, clock, {
      resource: PODS,
      signal: stop.signal,
      onChange: (change) => {
        changes.push(change)
        if (change.kind === 'deleted' && change.object.metadata.name === 'a') stop.abort()
      },
    })
    await followed.done
    expect(changes.map((one) => `${one.kind} ${one.object.metadata.name} by ${one.by}`)).toEqual([
      'added a by list',
      'added b by list',
      'added c by watch',
      'deleted b by list',
      'modified a by list',
      'deleted c by list',
      'added c by list',
      'deleted a by watch',
    ])
    expect([...followed.objects.keys()]).toEqual(['shop/c'])
    client.close()
  })

  test('a kind that may not be listed is told at once, and tried again', async () => {
    const stop = new AbortController()
    await using api = await scriptedApi((_, response) => json(response, 403, refusal(403, 'Forbidden', 'no')))
    const client = clientOf(api)
    const followed = follow(client, clock, { resource: PODS, signal: stop.signal, onChange: () => undefined })
    await expect(followed.ready).rejects.toMatchObject({ status: 403 })
    stop.abort()
    await followed.done
    client.close()
  })
})
