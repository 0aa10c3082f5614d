import { describe, expect, test } from 'vitest'
import type { AttributeValue, SpanTable } from './span-table.ts'
import { Protocol } from './span-table.ts'
import { SpanTableBuilder } from './span-table-builder.ts'

type Attributes = Readonly<Record<string, AttributeValue>>

function tableOf(attributes: Attributes): SpanTable {
  const builder = new SpanTableBuilder({ epochNs: 0n, attributes: 'drop' })
  builder.addSpan(builder.addResource({ 'service.name': 'order' }), {
    ...{ traceId: '1'.padStart(32, '0'), spanId: '1'.padStart(16, '0'), name: 'call', kind: 3 },
    ...{ startNs: 1n, endNs: 2n, attributes },
  })
  return builder.finish()
}

/** What the columns say, in words. */
function meaning(attributes: Attributes): Readonly<Record<string, string | number>> {
  const t = tableOf(attributes)
  const text = (ids: Uint32Array): string => t.strings[ids[0]]
  return {
    ...{ http: t.httpStatus[0], grpc: t.grpcStatus[0], method: text(t.method), route: text(t.route) },
    ...{ peer: text(t.peer), system: text(t.system), protocol: t.protocol[0], resend: t.resendCount[0] },
  }
}

describe('old and new names of the semantic conventions mean the same', () => {
  const SAME: Readonly<Record<string, readonly Attributes[]>> = {
    'an HTTP call': [
      {
        ...{
          'http.request.method': 'POST',
          'http.response.status_code': 503,
          'url.full': 'http://pay:80/a?b=c',
        },
        ...{ 'server.address': 'pay', 'server.port': 80, 'http.request.resend_count': 2 },
      },
      {
        ...{ 'http.method': 'POST', 'http.status_code': '503', 'http.url': 'http://pay:80/a?b=c' },
        ...{ 'net.peer.name': 'pay', 'net.peer.port': '80', 'http.resend_count': '2' },
      },
    ],
    'a gRPC status: by number, by name, and by the newest name': [
      { 'rpc.system': 'grpc', 'rpc.service': 'shop.Pay', 'rpc.method': 'Charge', 'rpc.grpc.status_code': 4 },
      {
        ...{ 'rpc.system.name': 'grpc', 'rpc.service': 'shop.Pay', 'rpc.method': 'Charge' },
        ...{ 'rpc.response.status_code': 'DEADLINE_EXCEEDED' },
      },
      {
        ...{ 'rpc.system.name': 'grpc', 'rpc.service': 'shop.Pay', 'rpc.method': 'Charge' },
        ...{ 'rpc.status_code': 'DeadlineExceeded' },
      },
    ],
    'a database': [
      { 'db.system.name': 'postgresql', 'db.operation.name': 'INSERT', 'db.namespace': 'shop' },
      { 'db.system': 'postgresql', 'db.operation': 'INSERT', 'db.name': 'shop' },
    ],
    'a topic': [
      { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
      { 'messaging.system': 'kafka', 'messaging.destination': 'orders' },
    ],
    'a peer by name': [
      { 'http.request.method': 'GET', 'service.peer.name': 'payment', 'server.address': '10.0.0.7' },
      { 'http.method': 'GET', 'peer.service': 'payment', 'net.peer.ip': '10.0.0.7' },
    ],
  }
  for (const [name, dialects] of Object.entries(SAME)) {
    test(name, () => {
      const [first, ...others] = dialects.map(meaning)
      for (const other of others) expect(other).toEqual(first)
    })
  }

  test('a call that tells of nobody but in its URL is to that host; the URL of an answer names no peer', () => {
    const peer = (url: string, kind = 3): string => {
      const builder = new SpanTableBuilder({ epochNs: 0n, attributes: 'drop' })
      builder.addSpan(builder.addResource({}), {
        ...{ traceId: '1'.padStart(32, '0'), spanId: '1'.padStart(16, '0'), name: 'call', kind },
        ...{ startNs: 1n, endNs: 2n, attributes: { 'http.url': url } },
      })
      const table = builder.finish()
      return table.strings[table.peer[0]]
    }
    const urls = [
      'http://pay:80/a?b=c',
      'http://me:key@pay/a@b',
      'https://pay?a',
      'http://',
      '/a',
      'a://[::1]:80',
    ]
    expect(urls.map((url) => peer(url))).toEqual(['pay:80', 'pay', 'pay', '', '', '[::1]:80'])
    expect(peer('http://pay:80/', 2)).toBe('')
    expect(meaning({ 'http.url': 'http://10.0.0.7/a', 'net.peer.name': 'pay' }).peer).toBe('pay')
  })

  test('where a span has both names, the new one counts', () => {
    expect(meaning({ 'http.status_code': 200, 'http.response.status_code': 503 }).http).toBe(503)
  })

  test('Micrometer’s observations of Spring Boot are read as HTTP, by words that mean nothing without each other', () => {
    const call = {
      method: 'POST',
      status: '503',
      outcome: 'SERVER_ERROR',
      uri: '/pay/{id}',
      exception: 'none',
    }
    const http = {
      'http.request.method': 'POST',
      'http.response.status_code': 503,
      'http.route': '/pay/{id}',
    }
    const url = { 'http.url': 'http://pay:80/pay/7' }
    expect(meaning({ ...call, ...url })).toEqual(meaning({ ...http, ...url }))
    // Where no template is known, and where no answer came.
    const unanswered = { ...call, ...url, status: 'CLIENT_ERROR', outcome: 'UNKNOWN', uri: 'none' }
    expect(meaning(unanswered)).toEqual(meaning({ 'http.request.method': 'POST', ...url }))
    const others: readonly Attributes[] = [
      { status: 'shipped', method: 'card', outcome: 'ok' },
      { status: '503', method: 'POST' },
    ]
    for (const other of others) expect(meaning(other)).toEqual(meaning({}))
    expect(meaning({ ...call, ...http, status: '200' }).http).toBe(503)
  })

  test('gRPC’s codes are read by number and name, and what is no code is none', () => {
    const code = (value: AttributeValue): number => tableOf({ 'rpc.grpc.status_code': value }).grpcStatus[0]
    expect([code(14), code('14'), code('UNAVAILABLE'), code('Unavailable'), code('CANCELED')]).toEqual([
      14, 14, 14, 14, 1,
    ])
    expect([code(17), code('nonsense'), code(-1)]).toEqual([255, 255, 255])
  })

  test('protocols: a gRPC call over HTTP is both, a database call is one', () => {
    const grpc = tableOf({ 'rpc.system': 'grpc', 'http.request.method': 'POST' }).protocol[0]
    expect(grpc & (Protocol.grpc | Protocol.http)).toBe(Protocol.grpc | Protocol.http)
    expect(tableOf({ 'db.system': 'redis' }).protocol[0]).toBe(Protocol.db)
  })
})
