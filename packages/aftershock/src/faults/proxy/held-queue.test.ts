import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../model/random.ts'
import { HeldQueue, type Item } from './held-queue.ts'
import type { NetworkStageSpec } from './stages/shaper-for.ts'
import { shaperFor } from './stages/shaper-for.ts'
import { fakeClock } from './test-support/fake-clock.ts'

type Event = { readonly atMs: number; readonly text: string }

function queueFor(stage: NetworkStageSpec) {
  const clock = fakeClock()
  const events: Event[] = []
  const late: number[] = []
  const queue = new HeldQueue({
    shaper: shaperFor(stage, seededRandom(1), () => 0),
    clock,
    release: (item: Item) =>
      events.push({ atMs: clock.nowMs(), text: item.kind === 'bytes' ? item.chunk.toString() : item.kind }),
    onTouched: () => undefined,
    onLate: (ms) => late.push(ms),
  })
  const write = (text: string): void => queue.push({ kind: 'bytes', chunk: Buffer.from(text) }, clock.nowMs())
  return { clock, events, late, queue, write }
}

const fixed: NetworkStageSpec = {
  kind: 'latency',
  latencyMs: 100,
  jitterMs: 0,
  correlationPercent: 0,
  handshake: false,
  reorder: undefined,
}

test('HeldQueue makes a burst late once, not each chunk after the other', () => {
  const { clock, events, late, queue, write } = queueFor(fixed)
  write('a')
  write('b')
  clock.advance(30)
  write('c')
  queue.push({ kind: 'end' }, clock.nowMs())
  clock.advance(200)
  expect(events.map(({ atMs, text }) => `${Math.round(atMs)} ${text}`)).toEqual([
    '100 a',
    '100 b',
    '130 c',
    '130 end',
  ])
  expect(late).toEqual([100, 100, 100])
})

test('HeldQueue keeps the order under jitter and reordering', () => {
  const { clock, events, write } = queueFor({
    ...fixed,
    jitterMs: 100,
    reorder: { reorderPercent: 30, correlationPercent: 0, gap: 1 },
  })
  const texts = Array.from({ length: 200 }, (_, i) => `${i} `)
  for (const text of texts) {
    write(text)
    clock.advance(3)
  }
  clock.advance(1000)
  expect(events.map(({ text }) => text)).toEqual(texts)
})

test('HeldQueue passes a rate-limited stream at the rate, over hours', () => {
  const { clock, events, queue } = queueFor({ kind: 'rate', bytesPerSecond: 1000 })
  queue.push({ kind: 'bytes', chunk: Buffer.alloc(3_600_000) }, 0)
  clock.advance(1_800_000)
  const passed = events.reduce((sum, { text }) => sum + text.length, 0)
  expect(Math.abs(passed - 1_800_000)).toBeLessThan(2000)
  expect(queue.heldBytes).toBe(3_600_000 - passed)
})

test('HeldQueue.flush() passes all on at once, in order', () => {
  const { clock, events, queue, write } = queueFor({ kind: 'partition' })
  write('a')
  write('b')
  queue.push({ kind: 'reset' }, 0)
  clock.advance(1_000_000)
  expect(events).toEqual([])
  queue.flush()
  expect(events.map(({ text }) => text)).toEqual(['a', 'b', 'reset'])
  expect(queue.heldBytes).toBe(0)
})

const stages: fc.Arbitrary<NetworkStageSpec> = fc.oneof(
  fc.record({
    kind: fc.constant('latency' as const),
    latencyMs: fc.nat(500),
    jitterMs: fc.nat(500),
    correlationPercent: fc.integer({ min: 0, max: 100 }),
    handshake: fc.boolean(),
    reorder: fc.option(
      fc.record({ reorderPercent: fc.nat(100), correlationPercent: fc.nat(100), gap: fc.nat(5) }),
      { nil: undefined },
    ),
  }),
  fc.record({
    kind: fc.constant('loss' as const),
    lossPercent: fc.nat(60),
    correlationPercent: fc.nat(90),
    cause: fc.constantFrom('loss' as const, 'corrupt' as const),
  }),
  fc.record({
    kind: fc.constant('duplicate' as const),
    duplicatePercent: fc.nat(100),
    correlationPercent: fc.nat(100),
  }),
  fc.record({ kind: fc.constant('rate' as const), bytesPerSecond: fc.integer({ min: 1000, max: 1e9 }) }),
  fc.record({
    kind: fc.constant('bandwidth' as const),
    bytesPerSecond: fc.integer({ min: 1000, max: 1e9 }),
    bufferBytes: fc.integer({ min: 1, max: 100_000 }),
    limitBytes: fc.integer({ min: 1, max: 100_000 }),
  }),
)

test('HeldQueue gives out what it got, in order and never early, for any stage and chunking', () => {
  const chunks = fc.array(fc.tuple(fc.integer({ min: 1, max: 6000 }), fc.nat(100)), { maxLength: 30 })
  fc.assert(
    fc.property(stages, chunks, (stage, pieces) => {
      const { clock, events, queue } = queueFor(stage)
      let written = ''
      for (const [bytes, pauseMs] of pieces) {
        const text = String.fromCharCode(97 + (written.length % 26)).repeat(bytes)
        written += text
        queue.push({ kind: 'bytes', chunk: Buffer.from(text) }, clock.nowMs())
        clock.advance(pauseMs)
      }
      queue.push({ kind: 'end' }, clock.nowMs())
      clock.advance(1e9)
      const text = events.map((event) => event.text).join('')
      expect(text).toBe(`${written}end`)
      expect(queue.heldBytes).toBe(0)
    }),
    { numRuns: 150, seed: 1 },
  )
})
