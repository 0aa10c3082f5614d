import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { sortedRows } from './sorted-rows.ts'

const MINUTE_NS = 60_000_000_000n
const START_NS = 1_767_225_612_345_678_901n

test('sortedRows() orders any rows by minute, service, name and time', () => {
  const row = fc.record({
    service: fc.constantFrom('a', 'b', 'Z', 'é'),
    pod: fc.constantFrom('1', '2'),
    name: fc.constantFrom('GET /', 'GET', 'get', ''),
    offsetNs: fc.bigInt({ min: -90_000_000_000n, max: 200_000_000_000n }),
  })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
      const builder = new SpanTableBuilder({ epochNs: START_NS, attributes: 'drop' })
      rows.forEach(({ service, pod, name, offsetNs }, i) => {
        const startNs = START_NS + offsetNs
        const id = builder.addResource({ 'service.name': service, 'k8s.pod.name': pod })
        const spanId = (i + 1).toString(16).padStart(16, '0')
        builder.addSpan(id, { traceId: 'a'.repeat(32), spanId, name, kind: 1, startNs, endNs: startNs })
      })
      const keyOf = (i: number) => {
        const { service = '', name = '', offsetNs = 0n } = rows[i] ?? {}
        return { minute: (START_NS + offsetNs) / MINUTE_NS, service, name, offsetNs }
      }
      const expected = rows
        .map((_, i) => i)
        .sort((a, b) => {
          const [x, y] = [keyOf(a), keyOf(b)]
          for (const part of ['minute', 'service', 'name', 'offsetNs'] as const)
            if (x[part] !== y[part]) return x[part] < y[part] ? -1 : 1
          return a - b
        })
      expect([...(sortedRows(builder.finish(), 0, rows.length) ?? [])]).toEqual(expected)
    }),
    { numRuns: 200, seed: 5 },
  )
})

test('sortedRows() leaves more rows than fit its arithmetic to the engine', () => {
  const builder = new SpanTableBuilder({ epochNs: START_NS, attributes: 'drop' })
  expect(sortedRows(builder.finish(), 0, (1 << 17) + 1)).toBeUndefined()
})
