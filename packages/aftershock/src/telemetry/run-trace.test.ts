import { expect, test } from 'vitest'
import { seededRandom } from '../model/random.ts'
import type { SpanInput } from '../model/span-input.ts'
import { startRunTrace } from './run-trace.ts'
import { traceRunEvents } from './trace-run-events.ts'

function clock(): () => bigint {
  let now = 0n
  return () => ++now
}

/** `name < parent`, as the spans ended. */
function drawn(spans: readonly SpanInput[]): readonly string[] {
  const names = new Map(spans.map((one) => [one.spanId, one.name]))
  return spans.map(
    (one) => `${one.name} < ${names.get(one.parentSpanId ?? '') ?? one.parentSpanId ?? 'nobody'}`,
  )
}

test('the same seed gives the same ids', () => {
  const ids = (): string => {
    const trace = startRunTrace(clock(), seededRandom(7), { attributes: {} })
    return `${trace.traceId} ${trace.root.spanId}`
  }
  expect(ids()).toBe(ids())
  expect(ids()).toMatch(/^[0-9a-f]{32} [0-9a-f]{16}$/)
})

test('a run started by something traced is a part of that trace', () => {
  const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: true }
  const trace = startRunTrace(clock(), seededRandom(1), { attributes: {}, parent })
  expect(trace.end()).toMatchObject([{ traceId: parent.traceId, parentSpanId: parent.spanId }])
})

test('whatever is open when the run ends is ended, children before parents, and told as it ends', () => {
  const told: string[] = []
  const trace = startRunTrace(clock(), seededRandom(1), {
    attributes: {},
    onEnd: (span) => told.push(span.name),
  })
  const method = trace.start('method')
  trace.start('activity: a', { parent: method })
  const spans = trace.end()
  expect(drawn(spans)).toEqual(['activity: a < method', 'method < experiment', 'experiment < nobody'])
  expect(told).toEqual(['activity: a', 'method', 'experiment'])
  expect(trace.end()).toHaveLength(3)
})

test('an error gives the status and an exception event with its traceback', () => {
  const trace = startRunTrace(clock(), seededRandom(1), { attributes: {} })
  trace.start('activity: a').end({ error: { type: 'ValueError', message: 'boom', stack: 'Traceback …' } })
  expect(trace.end()[0]).toMatchObject({
    status: 2,
    statusMessage: 'boom',
    events: [
      {
        name: 'exception',
        attributes: {
          'exception.type': 'ValueError',
          'exception.message': 'boom',
          'exception.stacktrace': 'Traceback …',
        },
      },
    ],
  })
})

test('run events become the spans of a Chaos Toolkit experiment; the fault is linked to what it hurt', () => {
  const trace = startRunTrace(clock(), seededRandom(1), { attributes: {} })
  const events = traceRunEvents(trace)
  events.see({ type: 'phase', phase: 'baseline' })
  events.link('1'.repeat(32), '1'.repeat(16))
  events.see({ type: 'phase', phase: 'chaos' })
  const fault = 'NetworkChaos/default/slow'
  events.see({ type: 'fault-applying', fault, label: 'payment +500 ms', targets: ['payment-0'], how: [] })
  events.link('2'.repeat(32), '2'.repeat(16))
  events.see({ type: 'fault-removed', fault, verifiedBy: 'a probe' })
  events.see({ type: 'phase', phase: 'recovery' })
  const spans = trace.end()
  expect(drawn(spans)).toEqual([
    'hypothesis < experiment',
    'activity: payment +500 ms < method',
    'method < experiment',
    'rollbacks < experiment',
    'experiment < nobody',
  ])
  expect(spans[1]?.links).toEqual([{ traceId: '2'.repeat(32), spanId: '2'.repeat(16) }])
  expect(spans[1]?.attributes).toMatchObject({
    'chaos.fault.kind': 'NetworkChaos',
    'chaos.fault.target': 'payment-0',
    'aftershock.fault.verified_by': 'a probe',
  })
})
