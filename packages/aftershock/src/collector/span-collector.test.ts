import { mkdtemp, readFile, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGunzip, gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { encodeOtlpJson } from '../formats/otlp-json-encode.ts'
import { oracleEncode } from '../formats/otlp-oracle.fixture.ts'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import type { SpanInput } from '../model/span-input.ts'
import { SpanMark, type SpanTable } from '../model/span-table.ts'
import type { ReceivedBody } from './received-body.ts'
import { inProcessSpanCollector, type SpanCollector, startSpanCollector } from './span-collector.ts'
import type { TagWindow } from './tag.ts'

const NOON = 1_800_000_000_000_000_000n
const SECOND = 1_000_000_000n

function span(n: number, more: Partial<SpanInput> = {}): SpanInput {
  return {
    traceId: 'ab'.repeat(16),
    spanId: n.toString(16).padStart(16, '0'),
    name: `charge ${n}`,
    kind: 2,
    startNs: NOON + BigInt(n) * SECOND,
    endNs: NOON + BigInt(n) * SECOND + 5_000_000n,
    attributes: { 'order.id': n, list: ['a', 1] },
    ...more,
  }
}

function body(spans: readonly SpanInput[], encoding: 'protobuf' | 'json' = 'protobuf'): ReceivedBody {
  const groups = [{ resource: { 'service.name': 'payment', 'k8s.pod.name': 'payment-0' }, spans }]
  const plain = encoding === 'json' ? encodeOtlpJson(groups) : encodeOtlpProtobuf(groups)
  return { signal: 'traces', encoding, compression: 'gzip', bytes: new Uint8Array(gzipSync(plain)) }
}

const WINDOW: TagWindow = {
  experiment: { id: 'run-1', name: 'slow payment', kind: 'NetworkChaos', action: 'delay' },
  possible: { startNs: NOON + 2n * SECOND, endNs: NOON + 3n * SECOND },
  certain: { startNs: NOON + 2n * SECOND, endNs: NOON + 3n * SECOND },
  targets: [{ service: 'payment', namespace: undefined, pods: ['payment-0'] }],
}

async function archive(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'aftershock-archive-')), 'traces.otlp.jsonl.gz')
}

async function linesOf(file: string): Promise<Record<string, never>[]> {
  const text = gunzipSync(await readFile(file)).toString()
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
}

function namesOf(table: SpanTable): string[] {
  return Array.from(table.name, (id) => table.strings[id] ?? '')
}

describe.each([
  ['startSpanCollector()', startSpanCollector],
  ['inProcessSpanCollector()', async (options: object) => inProcessSpanCollector(options)],
])('%s', (_, start: (options: object) => Promise<SpanCollector>) => {
  test('collects protobuf, JSON and spans of ours into one table, with attributes', async () => {
    const collector = await start({})
    const answers = [
      await collector.receive(body([span(1)])),
      await collector.receive(body([span(2)], 'json')),
    ]
    collector.addSpans({ 'service.name': 'load' }, [span(3)])
    const answer = await collector.receive(body([span(4)]))
    const table = await collector.finish()
    expect([...answers, answer].map((one) => one.kind)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(namesOf(table)).toEqual(['charge 1', 'charge 2', 'charge 3', 'charge 4'])
    expect([0, 1, 2, 3].map((row) => table.details?.attributesOf(row))).toEqual(
      [1, 2, 3, 4].map((n) => ({ 'order.id': n, list: ['a', 1] })),
    )
    expect(new Set(table.resources.map((resource) => resource.service))).toEqual(new Set(['payment', 'load']))
    expect(table.traceWords[0]).toBe(0xabababab)
  })

  test('tags with the windows it was told last', async () => {
    const collector = await start({})
    await collector.receive(body([span(1), span(2), span(3)]))
    collector.setWindows([WINDOW])
    const table = await collector.finish()
    expect([...table.marks]).toEqual([0, SpanMark.active | SpanMark.target, 0])
  })

  test('writes every request as OTLP JSON, tagged spans with chaos.* attributes', async () => {
    const archiveFile = await archive()
    const collector = await start({ archiveFile })
    collector.setWindows([WINDOW])
    await collector.receive(
      body([span(1), span(2, { links: [{ traceId: 'cd'.repeat(16), spanId: 'ef'.repeat(8) }] })]),
    )
    await collector.receive(body([span(3)], 'json'))
    collector.addSpans({ 'service.name': 'load' }, [span(4)])
    const table = await collector.finish()
    const lines = await linesOf(archiveFile)
    expect(lines).toHaveLength(3)
    // What was written is a run's record: read again, it must give the same spans.
    const again = inProcessSpanCollector()
    for (const line of lines) {
      const bytes = new TextEncoder().encode(JSON.stringify(line))
      await again.receive({ signal: 'traces', encoding: 'json', compression: 'identity', bytes })
    }
    const reread = await again.finish()
    expect(namesOf(reread)).toEqual(namesOf(table))
    expect([...reread.traceIds, ...reread.linkIds]).toEqual([...table.traceIds, ...table.linkIds])
    expect([...reread.durationNs]).toEqual([...table.durationNs])
    expect(reread.details?.attributesOf(0)).toEqual(table.details?.attributesOf(0))
    expect(reread.details?.attributesOf(1)).toEqual({
      ...table.details?.attributesOf(1),
      'chaos.experiment.active': true,
      'chaos.experiment.name': 'slow payment',
      'chaos.experiment.id': 'run-1',
      'chaos.fault.kind': 'NetworkChaos',
      'chaos.fault.action': 'delay',
      'chaos.fault.target': true,
      'chaos.window.certainty': 'certain',
      'request.duration_ms': 5,
    })
  })

  test('refuses what it cannot read, and keeps nothing of it', async () => {
    const collector = await start({ decompressedBytesMax: 10_000 })
    const of = async (more: Partial<ReceivedBody>, bytes: Uint8Array) =>
      (await collector.receive({ ...body([]), ...more, bytes: new Uint8Array(bytes) })).kind
    expect(await of({ compression: 'identity' }, new Uint8Array([0x0a, 0x7f]))).toBe('bad-data')
    expect(await of({ compression: 'identity', encoding: 'json' }, Buffer.from('{'))).toBe('bad-data')
    expect(await of({ compression: 'gzip' }, Buffer.from('no gzip'))).toBe('bad-data')
    expect(await of({ compression: 'gzip' }, gzipSync(Buffer.alloc(20_000)))).toBe('too-large')
    expect((await collector.finish()).length).toBe(0)
    expect(collector.stats()).toMatchObject({ bodies: 4, badBodies: 4, spans: 0 })
  })

  test('says how many spans had no ids, and how many were too many', async () => {
    const collector = await start({ spansMax: 3 })
    const invalid = await collector.receive(body([span(1), span(2, { traceId: '00'.repeat(16) })]))
    expect(invalid).toMatchObject({ kind: 'accepted', items: 1, rejected: 1 })
    await collector.receive(body([span(3), span(4), span(5)]))
    const over = await collector.receive(body([span(6), span(7)]))
    expect(over).toMatchObject({ kind: 'accepted', items: 0, rejected: 2 })
    const table = await collector.finish()
    expect([table.length, table.dropped.spans, table.dropped.invalid]).toEqual([4, 2, 1])
  })

  test('fills errors of spans from log records that carry the exception', async () => {
    const collector = await start({})
    await collector.receive(body([span(1), span(2)]))
    const plain = oracleEncode('ExportLogsServiceRequest', {
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                {
                  spanId: Buffer.from('0000000000000002', 'hex'),
                  traceId: Buffer.from('ab'.repeat(16), 'hex'),
                  eventName: 'exception',
                  attributes: [
                    { key: 'exception.type', value: { stringValue: 'TimeoutError' } },
                    { key: 'exception.message', value: { stringValue: 'no answer' } },
                  ],
                },
                { body: { stringValue: 'hello' } },
              ],
            },
          ],
        },
      ],
    })
    const logs = {
      signal: 'logs',
      encoding: 'protobuf',
      compression: 'identity',
      bytes: new Uint8Array(plain),
    } as const
    expect(await collector.receive(logs)).toMatchObject({ kind: 'accepted', items: 2 })
    const table = await collector.finish()
    const text = (ids: Uint32Array): string[] => Array.from(ids, (id) => table.strings[id] ?? '')
    expect([text(table.errorType), text(table.errorMessage)]).toEqual([
      ['', 'TimeoutError'],
      ['', 'no answer'],
    ])
  })
})

describe('startSpanCollector()', () => {
  test('refuses bodies while its queue is full, and counts them', async () => {
    const collector = await startSpanCollector({ queue: { bodiesMax: 2, bytesMax: 1e9 } })
    const answers = await Promise.all([1, 2, 3, 4].map((n) => collector.receive(body([span(n)]))))
    expect(answers.map((one) => one.kind)).toEqual(['accepted', 'accepted', 'busy', 'busy'])
    expect((await collector.finish()).length).toBe(2)
    expect(collector.stats()).toMatchObject({ refusedBodies: 2, queuedBodies: 0, queuedBytes: 0 })
    expect((await collector.receive(body([span(5)]))).kind).toBe('busy')
  })

  test('shows live who sends how much', async () => {
    const collector = await startSpanCollector()
    await collector.receive(body([span(1), span(2, { status: 2 })]))
    while (collector.stats().spans < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(collector.stats().services).toEqual([
      { service: 'payment', spans: 2, errors: 1, latestNs: NOON + 2n * SECOND + 5_000_000n },
    ])
    await collector.finish()
  })

  test('keeps collecting when the file cannot be written, and says why', async () => {
    const collector = await startSpanCollector({ archiveFile: '/nonexistent/traces.otlp.jsonl.gz' })
    await collector.receive(body([span(1)]))
    expect((await collector.finish()).length).toBe(1)
    expect(collector.stats().writeFailure).toContain('ENOENT')
  })

  test('leaves a file that reads up to the last whole part, when the run was cut off', async () => {
    const archiveFile = await archive()
    for (const n of [1, 2]) {
      const collector = await startSpanCollector({ archiveFile })
      await collector.receive(body([span(n)]))
      await collector.finish()
    }
    const { length } = await readFile(archiveFile)
    await truncate(archiveFile, length - 20)
    const gunzip = createGunzip()
    const read: string[] = []
    gunzip.on('data', (chunk: Buffer) => read.push(chunk.toString()))
    const ended = new Promise((resolve) => gunzip.once('error', resolve).once('end', resolve))
    gunzip.end(await readFile(archiveFile))
    await ended
    expect(read.join('')).toContain('charge 1')
  })
})
