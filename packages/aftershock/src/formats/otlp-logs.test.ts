import { expect, test } from 'vitest'
import { spansOf } from '../model/draw-trace.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { attachExceptionLogs, logsOfJson, readLogs } from './otlp-logs.ts'
import { oracleEncode } from './otlp-oracle.fixture.ts'

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } })
const TRACE = '00000000000000000000000000000001'

function logsRequest(traceId: unknown, spanId: (n: number) => unknown) {
  const record = (n: number, ...attributes: object[]) => ({ traceId, spanId: spanId(n), attributes })
  return {
    resourceLogs: [
      {
        scopeLogs: [
          {
            logRecords: [
              record(1, attribute('exception.type', 'First')),
              record(
                1,
                attribute('exception.type', 'TimeoutError'),
                attribute('exception.message', 'too late'),
              ),
              record(2, attribute('exception.type', 'Other'), attribute('exception.message', 'other')),
              record(2, attribute('message', 'an ordinary log record')),
              record(9, attribute('exception.type', 'Elsewhere')),
            ],
          },
        ],
      },
    ],
  }
}

test('attachExceptionLogs() fills the errors of their spans, and hands back logs whose span is not there', () => {
  const bytes = (n: number, length: number) => new Uint8Array(length).fill(n, length - 1)
  const fromProtobuf = readLogs(
    'protobuf',
    oracleEncode(
      'ExportLogsServiceRequest',
      logsRequest(bytes(1, 16), (n) => bytes(n, 8)),
    ),
  )
  const fromJson = logsOfJson(logsRequest(TRACE, (n) => `000000000000000${n}`))
  expect(fromProtobuf).toEqual({ ok: true, value: fromJson, warnings: [] })
  expect(fromJson.records).toBe(5)

  const builder = new SpanTableBuilder({ attributes: 'drop' })
  for (const { resource, span } of spansOf(`
    web GET / 0-10ms error
      web>api GET /x 1-9ms error type=ECONNRESET`))
    builder.addSpan(builder.addResource(resource), span)
  const { attached, waiting } = attachExceptionLogs(builder, fromJson.exceptions)
  expect([attached, waiting.map((log) => log.type)]).toEqual([3, ['Elsewhere']])
  const table = builder.finish()
  const shown = [...table.errorType, ...table.errorMessage].map((id) => table.strings[id])
  expect(shown).toEqual(['TimeoutError', 'ECONNRESET', 'too late', 'other'])
})

test('readLogs() answers a problem, when the bytes are cut', () => {
  const whole = oracleEncode(
    'ExportLogsServiceRequest',
    logsRequest(new Uint8Array(16).fill(1), () => new Uint8Array(8).fill(2)),
  )
  expect(readLogs('protobuf', whole.slice(0, -3))).toMatchObject({
    ok: false,
    problems: [{ code: 'otlp-malformed' }],
  })
  expect(readLogs('json', new TextEncoder().encode('{"resourceLogs":['))).toMatchObject({
    ok: false,
    problems: [{ code: 'otlp-json-syntax' }],
  })
})
