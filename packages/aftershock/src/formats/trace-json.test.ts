import { describe, expect, test } from 'vitest'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { shownTable } from './otlp-arbitrary.fixture.ts'
import { TraceJsonDecoder } from './trace-json.ts'

function decodeWhole(json: unknown) {
  const builder = new SpanTableBuilder({ attributes: 'keep' })
  const result = new TraceJsonDecoder(builder).add(json, 'traces.json')
  const table = builder.finish()
  return { result, table, shown: shownTable(table) as Record<string, unknown>[] }
}

const US = 1_767_225_600_000_000

const JAEGER = {
  traceID: 'af7651916cd43dd8448eb211c80319c',
  spans: [
    {
      traceID: 'af7651916cd43dd8448eb211c80319c',
      spanID: '7ad6b7169203331',
      operationName: 'POST /checkout',
      references: [],
      startTime: US,
      duration: 1500,
      tags: [
        { key: 'span.kind', type: 'string', value: 'server' },
        { key: 'http.status_code', type: 'int64', value: '503' },
        { key: 'error', type: 'bool', value: true },
      ],
      logs: [
        {
          timestamp: US + 10,
          fields: [
            { key: 'event', type: 'string', value: 'exception' },
            { key: 'exception.type', type: 'string', value: 'TimeoutError' },
          ],
        },
      ],
      processID: 'p1',
    },
    {
      traceID: 'af7651916cd43dd8448eb211c80319c',
      spanID: '00f067aa0ba902b7',
      operationName: 'pay',
      references: [
        { refType: 'FOLLOWS_FROM', traceID: '1', spanID: '2' },
        { refType: 'CHILD_OF', traceID: 'af7651916cd43dd8448eb211c80319c', spanID: '7ad6b7169203331' },
      ],
      startTime: US + 5,
      duration: 900,
      tags: [
        { key: 'span.kind', type: 'string', value: 'client' },
        { key: 'otel.status_code', type: 'string', value: 'ERROR' },
        { key: 'otel.status_description', type: 'string', value: 'gone' },
        { key: 'peer.service', type: 'string', value: 'payment' },
      ],
      logs: [],
      processID: 'p1',
    },
  ],
  processes: {
    p1: { serviceName: 'gateway', tags: [{ key: 'k8s.pod.name', type: 'string', value: 'gateway-1' }] },
  },
}

describe('TraceJsonDecoder', () => {
  test('reads Jaeger JSON: short ids, microseconds, kinds, statuses, logs and references', () => {
    for (const json of [JAEGER, { data: [JAEGER], total: 0 }]) {
      const { result, shown } = decodeWhole(json)
      expect(result).toMatchObject({ ok: true, value: { spans: 2, invalid: 0, format: 'jaeger' } })
      expect(shown).toMatchObject([
        {
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: '07ad6b7169203331',
          parentId: '0000000000000000',
          startNs: BigInt(US) * 1000n,
          durationNs: 1_500_000,
          numbers: [2, 2, 503, 255, 1, 0],
          errorType: 'TimeoutError',
          resource: { service: 'gateway', pod: 'gateway-1' },
        },
        {
          parentId: '07ad6b7169203331',
          numbers: [3, 2, 0, 255, 0, 0],
          statusMessage: 'gone',
          peer: 'payment',
          links: '000000000000000000000000000000010000000000000002',
        },
      ])
    }
  })

  test('reads OTLP in the result of Jaeger api_v3, and Tempo with base64 ids and names for enums', () => {
    const span = {
      traceId: 'CvdlGRbNQ92ESOshHIAxnA==',
      spanId: 't61rcWkgMzE=',
      name: 'n',
      kind: 'SPAN_KIND_SERVER',
      startTimeUnixNano: '1767225600000000000',
      endTimeUnixNano: '1767225600000000001',
      status: { code: 'STATUS_CODE_ERROR', message: 'm' },
    }
    const resourceSpans = [{ resource: {}, scopeSpans: [{ spans: [span] }] }]
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
    for (const [json, format] of [
      [{ batches: resourceSpans }, 'tempo'],
      [{ trace: { resourceSpans }, status: 'COMPLETE' }, 'tempo'],
      [{ result: { resourceSpans } }, 'otlp-json'],
      [resourceSpans, 'otlp-json'],
      [[{ resourceSpans }], 'otlp-json'],
    ] as const) {
      const { result, shown } = decodeWhole(json)
      expect(result).toMatchObject({ ok: true, value: { spans: 1, format } })
      expect(shown).toMatchObject([{ ...ids, numbers: [2, 2, 0, 255, 0, 0], statusMessage: 'm' }])
    }
  })

  test('keeps both halves of a shared Zipkin span, the server below the client, its children below it', () => {
    const endpoint = (serviceName: string) => ({ localEndpoint: { serviceName, ipv4: '10.0.0.1' } })
    const base = { traceId: '448eb211c80319c0', timestamp: US, duration: 10 }
    const spans = [
      {
        ...base,
        id: '000000000000000a',
        kind: 'CLIENT',
        name: 'post',
        ...endpoint('web'),
        remoteEndpoint: { serviceName: 'order', port: 80 },
      },
      {
        ...base,
        id: '000000000000000a',
        kind: 'SERVER',
        shared: true,
        name: 'post',
        tags: { error: '' },
        ...endpoint('order'),
      },
      { ...base, id: '000000000000000b', parentId: '000000000000000a', name: 'sql', ...endpoint('order') },
      { ...base, id: '000000000000000c', parentId: '000000000000000a', name: 'log', ...endpoint('web') },
    ]
    for (const json of [spans, [spans]]) {
      const { result, shown } = decodeWhole(json)
      expect(result).toMatchObject({ ok: true, value: { spans: 4, invalid: 0, format: 'zipkin' } })
      const [client, server, sql, log] = shown
      expect(client).toMatchObject({
        spanId: '000000000000000a',
        peer: 'order',
        traceId: '0000000000000000448eb211c80319c0',
      })
      expect(server).toMatchObject({ parentId: client?.spanId, numbers: [2, 2, 0, 255, 0, 0] })
      expect(server?.spanId).not.toBe(client?.spanId)
      expect(sql).toMatchObject({ parentId: server?.spanId, resource: { service: 'order' } })
      expect(log).toMatchObject({ parentId: client?.spanId })
    }
  })

  test('reads rows of otel_traces: one a line, or the `data` of the format JSON', () => {
    const row = {
      ...{ Timestamp: '2026-01-01 00:00:00.000001500', Duration: '2500' },
      ...{ TraceId: 'af7651916cd43dd8448eb211c80319c0', SpanId: '00f067aa0ba902b7', ParentSpanId: '' },
      ...{
        SpanName: 'pay',
        SpanKind: 'Client',
        ServiceName: 'order',
        StatusCode: 'Error',
        StatusMessage: 'gone',
      },
      ResourceAttributes: { 'service.name': 'order', 'k8s.pod.name': 'order-1' },
      SpanAttributes: { 'http.response.status_code': '503', 'server.address': 'payment' },
      'Events.Timestamp': ['2026-01-01 00:00:00.000002000'],
      'Events.Name': ['exception'],
      'Events.Attributes': [{ 'exception.type': 'TimeoutError' }],
      'Links.TraceId': ['0000000000000000000000000000000a'],
      'Links.SpanId': ['000000000000000b'],
    }
    const others = [
      row,
      { ...row, Timestamp: '2026-01-01T00:00:00.000001500Z', SpanKind: 'SPAN_KIND_CLIENT' },
      { ...row, Timestamp: '1767225600.000001500', Duration: 2500, StatusCode: 'STATUS_CODE_ERROR' },
    ]
    for (const json of [...others, { meta: [], data: [row], rows: 1 }]) {
      const { result, table, shown } = decodeWhole(json)
      expect(result).toMatchObject({ ok: true, value: { spans: 1, invalid: 0, format: 'clickhouse' } })
      expect(shown[0]).toMatchObject({
        spanId: row.SpanId,
        startNs: 1_767_225_600_000_001_500n,
        durationNs: 2500,
      })
      expect(shown[0]).toMatchObject({ peer: 'payment', resource: { service: 'order' } })
      expect([table.kind[0], table.status[0], table.httpStatus[0], table.linkIds.length]).toEqual([
        3, 2, 503, 24,
      ])
      expect(table.strings[table.errorType[0] ?? 0]).toBe('TimeoutError')
    }
    expect(decodeWhole({ ...row, Timestamp: 'yesterday' }).result).toMatchObject({
      ok: true,
      value: { spans: 0, invalid: 1 },
    })
  })

  test('counts spans it cannot use, and names a format it does not know', () => {
    expect(decodeWhole({ data: [{ ...JAEGER, spans: [{}, 5, ...JAEGER.spans] }] }).result).toMatchObject({
      ok: true,
      value: { spans: 2, invalid: 2 },
    })
    expect(decodeWhole({ hello: 1 }).result).toMatchObject({
      ok: false,
      problems: [{ code: 'trace-format' }],
    })
    expect(decodeWhole('text').result.ok).toBe(false)
    expect(decodeWhole({}).result).toMatchObject({ ok: true, value: { spans: 0 } })
  })
})
