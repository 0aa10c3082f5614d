import { describe, expect, test } from 'vitest'
import { DRAWING_EPOCH_NS, tableOf } from '../../model/draw-trace.ts'
import type { SpanInput } from '../../model/span-input.ts'
import type { SpanTable } from '../../model/span-table.ts'
import { SpanTableBuilder } from '../../model/span-table-builder.ts'
import { takeStep } from '../crew.ts'
import { examine } from '../examine.ts'
import type { Told } from '../judge/told.ts'
import type { InstanceOffset } from './clock-skew.ts'
import type { Forest } from './forest.ts'
import type { Peers } from './peer-nodes.ts'

/** What the first steps of an analysis make of a table, no windows given. */
function assemble(
  table: SpanTable,
  peers: Peers = {},
): { readonly forest: Forest; readonly offsets: readonly InstanceOffset[] } {
  const windows = { experiments: [], baseline: [], chaos: [], recovery: [] }
  const inquiry = examine(windows, { chaos: [], recovery: [], lengthNs: [0, 0, 0, 0] }, peers, () => 0)
  let taken: ReturnType<typeof takeStep> = { after: { table, traces: undefined }, seen: undefined }
  for (let next = inquiry.next([]); ; next = inquiry.next([taken.seen])) {
    if (next.done === true) return { forest: (taken.after as Told).forest, offsets: next.value.offsets }
    taken = takeStep(taken.after, next.value)
  }
}

/** Indented `service operation`, in order. */
function treeOf(forest: Forest): readonly string[] {
  return Array.from({ length: forest.length }, (_, p) => {
    let depth = 0
    for (let up = forest.parent[p]; up !== -1; up = forest.parent[up]) depth += 1
    return `${'  '.repeat(depth)}${forest.services[forest.service[p]].name} ${forest.ops[forest.op[p]].label}`
  })
}

function calleesOf(forest: Forest): readonly string[] {
  return Array.from({ length: forest.length }, (_, p) => p)
    .filter((p) => forest.callee[p] !== -1)
    .map((p) => `${forest.services[forest.service[p]].name}>${forest.services[forest.callee[p]].name}`)
}

function spanOf(span: Partial<SpanInput> & { readonly spanId: string; readonly kind: number }): SpanInput {
  return {
    traceId: '1'.padStart(32, '0'),
    name: 'work',
    startNs: DRAWING_EPOCH_NS,
    endNs: DRAWING_EPOCH_NS + 1_000_000n,
    ...span,
  }
}

describe('assemble()', () => {
  test('a client and a server that share an id (Zipkin) become parent and child', () => {
    const builder = new SpanTableBuilder({ epochNs: DRAWING_EPOCH_NS, attributes: 'drop' })
    const [web, shop] = ['web', 'shop'].map((name) => builder.addResource({ 'service.name': name }))
    builder.addSpan(shop, spanOf({ spanId: '000000000000000c', parentSpanId: '000000000000000b', kind: 1 }))
    builder.addSpan(shop, spanOf({ spanId: '000000000000000b', parentSpanId: '000000000000000a', kind: 2 }))
    builder.addSpan(web, spanOf({ spanId: '000000000000000b', parentSpanId: '000000000000000a', kind: 3 }))
    builder.addSpan(web, spanOf({ spanId: '000000000000000a', kind: 2 }))
    const { forest } = assemble(builder.finish())
    expect(treeOf(forest)).toEqual(['web work', '  web work', '    shop work', '      shop work'])
    expect(calleesOf(forest)).toEqual(['web>shop'])
  })

  test('a span that came twice counts once', () => {
    const builder = new SpanTableBuilder({ epochNs: DRAWING_EPOCH_NS, attributes: 'drop' })
    const web = builder.addResource({ 'service.name': 'web' })
    const span = spanOf({ spanId: '000000000000000a', kind: 2 })
    builder.addSpan(web, span)
    builder.addSpan(web, span)
    const { forest } = assemble(builder.finish())
    expect([forest.length, forest.duplicates]).toEqual([1, 1])
  })

  test('spans that are each other’s parents end no loop, and none is lost', () => {
    const builder = new SpanTableBuilder({ epochNs: DRAWING_EPOCH_NS, attributes: 'drop' })
    const web = builder.addResource({ 'service.name': 'web' })
    builder.addSpan(web, spanOf({ spanId: '000000000000000a', parentSpanId: '000000000000000b', kind: 2 }))
    builder.addSpan(web, spanOf({ spanId: '000000000000000b', parentSpanId: '000000000000000a', kind: 2 }))
    builder.addSpan(web, spanOf({ spanId: '000000000000000c', parentSpanId: '000000000000000c', kind: 2 }))
    expect(assemble(builder.finish()).forest.length).toBe(3)
  })

  test('an empty table is an empty forest', () => {
    const builder = new SpanTableBuilder({ epochNs: DRAWING_EPOCH_NS, attributes: 'drop' })
    expect(assemble(builder.finish()).forest).toMatchObject({ length: 0, traces: 0 })
  })

  test('a lost parent leaves an orphan, and a lost root a trace without an entry', () => {
    const { forest } = assemble(
      tableOf(`
web GET /          0-10ms lost
  web>shop GET /b  1-9ms
    shop GET /b    2-8ms
`),
    )
    expect([forest.orphans, forest.entry[0]]).toEqual([1, -1])
  })

  test('a peer that never answers becomes a node; one that did elsewhere is known again', () => {
    const { forest } = assemble(
      tableOf(`
web GET /                   0-30ms
  web> GET /b               1-9ms   server.address=10.0.0.7 server.port=80
    shop GET /b             2-8ms
  web> GET /b               11-19ms server.address=10.0.0.7 server.port=80
  web> GET /tax             20-25ms server.address=tax.example.org server.port=443
  web> SELECT               26-27ms db.system=postgresql server.address=orders-db
`),
    )
    expect(calleesOf(forest)).toEqual(['web>shop', 'web>shop', 'web>tax.example.org', 'web>orders-db'])
    expect(forest.services.find((s) => s.name === 'orders-db')?.kind).toBe('db')
  })

  test('who receives a topic’s messages is known by links, whatever trace they run in', () => {
    const { forest } = assemble(
      tableOf(`
order POST /orders    0-20ms
  order>kafka orders publish    5-6ms  producer messaging.system=kafka messaging.destination.name=orders id=sent
  order>kafka audit publish     7-8ms  producer messaging.system=kafka messaging.destination.name=audit

shipping orders process   50-80ms  consumer messaging.system=kafka link=sent
`),
    )
    expect(calleesOf(forest).map((line) => line.trim())).toEqual(['order>shipping', 'order>kafka'])
  })

  test('whoever sends the load is the users, and the entry is what they asked for', () => {
    const { forest } = assemble(
      tableOf(`
k6> POST /checkout       0-30ms
  web POST /checkout     1-29ms
`),
    )
    expect(forest.services[forest.service[forest.entry[0]]]).toMatchObject({ name: 'users', kind: 'user' })
    expect(calleesOf(forest)).toEqual(['users>web'])
  })

  test('a clock a second ahead is found from calls and taken out', () => {
    const { forest, offsets } = assemble(
      tableOf(`
@ +1s ×20 every 100ms
web GET /          0-30ms
  web>shop GET /b  5-25ms
    shop GET /b    1006-1024ms
`),
    )
    const shop = offsets.find((o) => forest.services[forest.instances[o.instance].service].name === 'shop')
    expect(Math.round((shop?.offsetNs ?? 0) / 1e6)).toBe(-1000)
    const answer = forest.server[1]
    expect(forest.start[answer]).toBeGreaterThan(forest.start[1])
    expect(forest.end[answer]).toBeLessThan(forest.end[1])
  })

  test('a message has its receiver also where the queue is spoken to over HTTP', () => {
    const { forest } = assemble(
      tableOf(`
order POST /order        0-20ms
  order> send jobs       5-9ms  producer messaging.system=aws_sqs messaging.destination.name=jobs id=sent
    order> POST          6-8ms  client http=200 http.request.method=POST server.address=sqs.eu-west-1.amazonaws.com

worker process jobs    50-80ms  consumer messaging.system=aws_sqs link=sent
`),
    )
    const calls = [...forest.callee.keys()].filter((p) => forest.callee[p] !== -1)
    const name = (service: number): string => forest.services[service].name
    expect(calls.map((p) => `${name(forest.service[p])} > ${name(forest.callee[p])}`)).toEqual([
      'order > worker',
      'order > sqs.eu-west-1.amazonaws.com',
    ])
  })

  test('ids in paths do not make operations of their own', () => {
    const { forest } = assemble(
      tableOf(`
web GET /cart/1  0-10ms

web GET /cart/2  0-10ms
`),
    )
    expect(forest.ops.map((op) => op.label)).toEqual(['GET /cart/{}'])
  })
})

test('assemble() names peers known by address: as the system’s file says, else databases by what they are', () => {
  const drawing = `
order POST /order        0-20ms
  order> INSERT          1-5ms  db.system=postgresql server.address=127.0.0.1 server.port=21007
  order> POST /charge    6-9ms  client http=200 server.address=10.0.0.9 server.port=80
`
  const names = (peers: Readonly<Record<string, string>>): readonly string[] =>
    assemble(tableOf(drawing), peers).forest.services.map((s) => s.name)
  expect(names({})).toEqual(['order', '10.0.0.9:80', 'postgresql'])
  expect(names({ '127.0.0.1:21007': 'order-db', '10.0.0.9:80': 'billing' })).toEqual([
    'order',
    'billing',
    'order-db',
  ])
  const two = `${drawing}  order> INSERT 10-12ms  db.system=postgresql server.address=127.0.0.2 server.port=5432\n`
  expect(assemble(tableOf(two)).forest.services.map((s) => s.name)).toContain('postgresql 127.0.0.2:5432')
})
