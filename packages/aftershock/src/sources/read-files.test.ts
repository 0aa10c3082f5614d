import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SpanGroup } from '../formats/otlp-groups.ts'
import { encodeOtlpJson } from '../formats/otlp-json-encode.ts'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import { ProblemError } from '../model/problem.ts'
import { JsonElements } from './json-elements.ts'
import { readTraceFiles } from './read-files.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-files-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const group = (from: number, spans: number): SpanGroup => ({
  resource: { 'service.name': `s${from}` },
  spans: Array.from({ length: spans }, (_, i) => ({
    traceId: (from + i + 1).toString(16).padStart(32, '0'),
    spanId: (from + i + 1).toString(16).padStart(16, '0'),
    name: 'tricky "]}{[, \\ \n name',
    kind: 2,
    startNs: 1_767_225_600_000_000_000n,
    endNs: 1_767_225_600_000_001_000n,
    attributes: { 'http.route': '/ä' },
  })),
})
const GROUPS = [group(0, 3), group(10, 2), group(20, 5)]
const LINES = GROUPS.map((one) => `${encodeOtlpJson([one])}\n`).join('')
const PRETTY = JSON.stringify(JSON.parse(encodeOtlpJson(GROUPS)), undefined, 2)
const FRAMES = Buffer.concat(
  GROUPS.map((one) => {
    const message = encodeOtlpProtobuf([one])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(message.length)
    return Buffer.concat([length, message])
  }),
)

async function read(content: string | Uint8Array, name = 'traces') {
  const path = join(folder, name)
  writeFileSync(path, content)
  const result = await readTraceFiles([path], { attributes: 'keep' })
  return { ...result, seen: [result.table.length, result.files[0]?.format, result.problems.length] }
}

describe('readTraceFiles()', () => {
  test('reads every format by its content, plain or compressed', async () => {
    const zipkin = [
      {
        traceId: '1'.repeat(16),
        id: '2'.repeat(16),
        timestamp: 1_767_225_600_000_000,
        duration: 1,
        name: 'n',
      },
    ]
    const cases: [string, string | Uint8Array, number, string][] = [
      ['lines', LINES, 10, 'otlp-json'],
      ['lines without the last line feed', LINES.trimEnd(), 10, 'otlp-json'],
      ['windows line ends and a byte order mark', `\uFEFF${LINES.replaceAll('\n', '\r\n')}`, 10, 'otlp-json'],
      ['pretty document', PRETTY, 10, 'otlp-json'],
      ['several pretty documents', `\n${PRETTY}\n${PRETTY}`, 20, 'otlp-json'],
      ['bare protobuf', encodeOtlpProtobuf(GROUPS), 10, 'otlp-protobuf'],
      ['framed protobuf', FRAMES, 10, 'otlp-protobuf'],
      ['gzip', zlib.gzipSync(LINES), 10, 'otlp-json'],
      ['two gzips in one file', Buffer.concat([zlib.gzipSync(LINES), zlib.gzipSync(LINES)]), 20, 'otlp-json'],
      ['gzipped protobuf', zlib.gzipSync(encodeOtlpProtobuf(GROUPS)), 10, 'otlp-protobuf'],
      ['tempo', JSON.stringify({ batches: JSON.parse(PRETTY).resourceSpans }), 10, 'tempo'],
      ['jaeger v3', JSON.stringify({ result: JSON.parse(PRETTY) }, undefined, 1), 10, 'otlp-json'],
      ['zipkin', JSON.stringify(zipkin, undefined, 1), 1, 'zipkin'],
      ['zipkin lists', JSON.stringify([zipkin, zipkin], undefined, 1), 2, 'zipkin'],
    ]
    if ('zstdCompressSync' in zlib) cases.push(['zstd', zlib.zstdCompressSync(LINES), 10, 'otlp-json'])
    for (const [name, content, spans, format] of cases) {
      const { seen, problems } = await read(content, name)
      expect({ name, seen, problems }).toEqual({ name, seen: [spans, format, 0], problems: [] })
    }
  })

  test('gives what could be read and a problem with the place, when a file is cut off', async () => {
    const half = JSON.stringify(JSON.parse(encodeOtlpJson([group(30, 3)])))
    const cases: [string, string | Uint8Array, number][] = [
      ['cut line', LINES + half.slice(0, -20), 10],
      ['cut document', PRETTY.slice(0, -300), 5],
      ['cut gzip', zlib.gzipSync(LINES + LINES).subarray(0, -40), 1],
      ['cut frame', FRAMES.subarray(0, -7), 5],
      ['cut protobuf', encodeOtlpProtobuf(GROUPS).slice(0, -7), 5],
    ]
    for (const [name, content, spansAtLeast] of cases) {
      const { table, problems } = await read(content, name)
      expect(table.length, name).toBeGreaterThanOrEqual(spansAtLeast)
      expect(problems.length, name).toBe(1)
      expect(problems[0]?.where?.line ?? problems[0]?.where?.path, name).toBeDefined()
    }
  })

  test('names the line, when one in the middle is broken, and reads the others', async () => {
    const { table, problems } = await read(LINES.replace('\n', '\n{"resourceSpans":[{]}\n'))
    expect([table.length, problems.length, problems[0]?.where?.line]).toEqual([10, 1, 2])
  })

  test('answers a clear problem, when a file is empty, missing, a folder, or something else', async () => {
    expect((await read('')).problems).toMatchObject([{ code: 'trace-file-empty' }])
    const header = Buffer.from([0x1f, 0x8b, 8, 0])
    expect((await read(header)).problems).toMatchObject([
      { why: /of its 4 compressed bytes nothing comes out/ },
    ])
    expect((await read('hello world')).problems).toMatchObject([
      { code: 'trace-file-no-spans', why: expect.stringContaining('hello') },
    ])
    const rows = await read('{"a":1}\n'.repeat(500))
    expect(rows.problems).toMatchObject([
      { code: 'trace-format', why: /499 more values of the file are none/ },
    ])
    expect((await read('{"a":1}')).problems).toMatchObject([{ code: 'trace-format', where: { line: 1 } }])
    expect((await read(LINES.replaceAll(/"traceId":"./g, '"traceId":"x'))).problems).toMatchObject([
      { why: expect.stringContaining('10 spans') },
    ])
    expect((await read(new Uint8Array([1, 2, 3]))).problems).toMatchObject([{ code: 'trace-file-no-spans' }])
    const { problems } = await readTraceFiles([join(folder, 'none'), folder], { attributes: 'drop' })
    expect(problems.map((problem) => problem.code)).toEqual(['trace-file', 'trace-file'])
  })

  test('never rejects, whatever bytes are changed in a file', async () => {
    const originals = [LINES, PRETTY, FRAMES, encodeOtlpProtobuf(GROUPS), zlib.gzipSync(LINES)].map((one) =>
      Buffer.from(one),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (original, changes) => {
          const bytes = Buffer.from(original)
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte
          const { table, problems } = await read(bytes)
          // Fewer spans, and nobody told why, would be a silent loss.
          if (table.length === 0) expect(problems.length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 150, seed: 13 },
    )
  })

  test('reads messages that the file exporter compressed one by one', async () => {
    const frame = (message: Uint8Array) => {
      const packed = zlib.zstdCompressSync(message)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(packed.length)
      return Buffer.concat([length, packed])
    }
    const content = Buffer.concat([
      frame(encodeOtlpProtobuf([GROUPS[0] ?? group(0, 1)])),
      frame(Buffer.from(LINES)),
    ])
    expect((await read(content)).seen.slice(0, 1)).toEqual([13])
  })

  test('reads globs in order, each file once, and tells progress', async () => {
    for (const name of ['b.jsonl', 'a.jsonl']) writeFileSync(join(folder, name), LINES)
    const seen: number[] = []
    const { table, files } = await readTraceFiles([join(folder, '*.jsonl'), join(folder, 'a.jsonl')], {
      attributes: 'drop',
      onProgress: ({ bytesRead }) => seen.push(bytesRead),
    })
    expect([table.length, files.map(({ file }) => file.at(-7))]).toEqual([20, ['a', 'b']])
    expect(seen).toContain(Buffer.byteLength(LINES))
  })

  test('reads standard input, when told -', () => {
    const script = `import { readTraceFiles } from ${JSON.stringify(new URL('./read-files.ts', import.meta.url).href)}
      console.log((await readTraceFiles(['-'], { attributes: 'drop' })).table.length)`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      input: zlib.gzipSync(LINES),
    })
    expect(String(stdout).trim()).toBe('10')
  })

  test.each([
    ['plain', LINES],
    ['compressed', zlib.gzipSync(LINES)],
  ])('gives up where spans cannot be set aside, which is no fault of the file: %s', async (_, content) => {
    const files = ['first', 'second'].map((name) => join(folder, name))
    for (const file of files) writeFileSync(file, content)
    const full = new ProblemError([{ code: 'full', what: 'Cannot set aside', why: 'it is full' }], 4)
    const take = (): never => {
      throw full
    }
    const overflow = { tableSpansMax: 0, spansRead: 0, take, revisit: () => undefined }
    await expect(readTraceFiles(files, { attributes: 'drop', overflow })).rejects.toBe(full)
  })

  test('attaches exceptions that were logged in the same files', async () => {
    const log = {
      traceId: '1'.padStart(32, '0'),
      spanId: '1'.padStart(16, '0'),
      attributes: [{ key: 'exception.type', value: { stringValue: 'Boom' } }],
    }
    const { table } = await read(
      `${JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [log] }] }] })}\n${LINES}`,
    )
    expect(table.strings[table.errorType[0] ?? 0]).toBe('Boom')
  })
})

test('JsonElements cuts any document into the same elements, whatever the chunks', () => {
  const list = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 })
  fc.assert(
    fc.property(
      list,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(0, 2),
      fc.constantFrom('', 'data', 'other'),
      (elements, size, indent, name) => {
        const document = name === '' ? elements : { before: [{ a: [] }, 'x]'], [name]: elements, after: {} }
        const bytes = new TextEncoder().encode(JSON.stringify(document, undefined, indent))
        const scanner = new JsonElements()
        const found: unknown[] = []
        const keep = (list: ReturnType<JsonElements['end']>) =>
          found.push(...list.map((element) => JSON.parse(new TextDecoder().decode(element.bytes))))
        for (let at = 0; at < bytes.length; at += size) keep(scanner.push(bytes.subarray(at, at + size)))
        keep(scanner.end())
        const normal = JSON.parse(JSON.stringify(document))
        expect(found).toEqual(name === '' ? normal : name === 'data' ? normal.data : [normal])
        expect(scanner.open).toBe(false)
      },
    ),
    { numRuns: 400, seed: 11 },
  )
})
