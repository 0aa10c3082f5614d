import { expect, test } from 'vitest'
import { spansOf, tableOf } from './draw-trace.ts'
import { Protocol } from './span-table.ts'

const CHECKOUT = `
  gateway POST /checkout     0-300ms http=200
    gateway>order POST /pay 10-60ms timeout
      order#1 POST /pay     12-500ms
        order#1 reserve     13-20ms
        order#1>db INSERT   20-30ms db.system=sqlite error message="disk full"
`

test('tableOf() reads services, names, kinds, parents and times, when drawn by indentation', () => {
  const { span } = spansOf(CHECKOUT)[1] ?? {}
  expect(span?.parentSpanId).toBe('0000000000000001')
  const table = tableOf(CHECKOUT)
  const service = (row: number) => table.resources[table.resource[row] ?? 0]
  const shown = Array.from({ length: table.length }, (_, row) =>
    [
      service(row)?.service,
      table.strings[table.name[row] ?? 0],
      ['', 'internal', 'server', 'client'][table.kind[row] ?? 0],
      `${(table.startNs[row] ?? 0) / 1e6}+${(table.durationNs[row] ?? 0) / 1e6}`,
      table.parentIds[row * 8 + 7],
    ].join(' '),
  )
  expect(shown).toEqual([
    'gateway POST /checkout server 0+300 0',
    'gateway POST /pay client 10+50 1',
    'order POST /pay server 12+488 2',
    'order reserve internal 13+7 3',
    'order INSERT client 20+10 3',
  ])
  expect(service(2)?.instance).toBe('order-1')
  expect(table.strings[table.peer[1] ?? 0]).toBe('order')
  expect(table.strings[table.route[1] ?? 0]).toBe('/pay')
  expect(table.strings[table.errorType[1] ?? 0]).toBe('timeout')
  expect([...table.status]).toEqual([0, 2, 0, 0, 2])
  expect(table.strings[table.statusMessage[4] ?? 0]).toBe('disk full')
  expect(table.protocol[4]).toBe(Protocol.db)
})

test('tableOf() repeats a trace, when its header says so', () => {
  const table = tableOf(`
    @ +5s ×3 every 50ms
    web GET / 0-1ms

    x2 every 1s
    web GET /a 0-1ms

    @ 2m
    web GET /b 0-1ms`)
  expect([...table.startNs].map((ns) => ns / 1e6)).toEqual([5000, 5050, 5100, 0, 1000, 120000])
  expect(new Set(Array.from(table.traceWords).filter((_, i) => i % 4 === 3)).size).toBe(6)
})

test('tableOf() keeps statuses, exceptions, events, links and attributes, when written', () => {
  const table = tableOf(`
    a send 0-5ms producer id=first

    // a comment
    b receive 7-9ms consumer link=first grpc=UNAVAILABLE exception="IOError:no route: x" event=retry@8ms
      b GET /x 7-8ms client http=503 resend=2 flags=UT cached=true weight=1.5 lost
        c work 7-8ms`)
  expect([...table.kind]).toEqual([4, 5, 2])
  expect(table.grpcStatus[1]).toBe(14)
  expect(table.strings[table.errorType[1] ?? 0]).toBe('IOError')
  expect(table.strings[table.errorMessage[1] ?? 0]).toBe('no route: x')
  expect(table.details?.eventsOf(1).map((event) => event.name)).toEqual(['exception', 'retry'])
  expect([...table.linkStart]).toEqual([0, 0, 1, 1])
  expect(table.linkIds[15]).toBe(1)
  expect(table.parentIds[2 * 8 + 7]).toBe(3)
})

test('tableOf() names the line, when it cannot be read', () => {
  expect(() => tableOf('gateway')).toThrow(/service name 0-300ms/)
  expect(() => tableOf('gateway x 0-1ms bogus')).toThrow(/bogus/)
  expect(() => tableOf('gateway x 0-1ms link=none')).toThrow(/none/)
})
