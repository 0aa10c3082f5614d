import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { TraceSample } from './trace-sample.ts'

const SPANS_A_TRACE = 5
const TRACES = 400

/** Reads spans, given as numbers, looking for room after every `chunk` of them. */
function sampleOf(spans: readonly number[], spansMax: number, chunk: number) {
  const builder = new SpanTableBuilder({ epochNs: 0n, attributes: 'drop' })
  const resource = builder.addResource({ 'service.name': 'shop' })
  const sample = new TraceSample(builder, spansMax)
  let most = 0
  for (const [i, span] of spans.entries()) {
    const trace = Math.floor(span / SPANS_A_TRACE) + 1
    builder.addSpan(resource, {
      traceId: (BigInt(trace) * 0x9e3779b97f4a7c15n).toString(16).padStart(32, '0').slice(-32),
      spanId: (span + 1).toString(16).padStart(16, '0'),
      name: 'work',
      kind: 2,
      startNs: BigInt(span),
      endNs: BigInt(span + 1),
    })
    most = Math.max(most, builder.length)
    if (i % chunk === 0) sample.makeRoom()
  }
  const taken = sample.finish()
  const table = builder.finish()
  const starts = [...table.startNs].sort((a, b) => a - b)
  return { taken, most, starts }
}

const ALL = Array.from({ length: TRACES * SPANS_A_TRACE }, (_, i) => i)

test('TraceSample keeps whole traces, the same ones in whatever order their spans come, within the limit', () => {
  const expected = sampleOf(ALL, 500, 50)
  expect(expected.taken).toMatchObject({ spansRead: ALL.length })
  expect(expected.starts.length % SPANS_A_TRACE).toBe(0)
  expect(expected.starts.length).toBeGreaterThan(100)
  fc.assert(
    fc.property(
      fc.shuffledSubarray(ALL, { minLength: ALL.length }),
      fc.integer({ min: 1, max: 100 }),
      (spans, chunk) => {
        const { taken, most, starts } = sampleOf(spans, 500, chunk)
        expect(most).toBeLessThanOrEqual(500 + chunk)
        // How often the share was halved depends on what had come when it was full; each further half is part of the one before.
        const finer = (taken?.share ?? 1) <= (expected.taken?.share ?? 1) ? starts : expected.starts
        const coarser = new Set(finer === starts ? expected.starts : starts)
        expect(finer.every((start) => coarser.has(start))).toBe(true)
        if (taken?.share === expected.taken?.share) expect(starts).toEqual(expected.starts)
      },
    ),
    { numRuns: 20 },
  )
})

test('TraceSample leaves everything where there is room', () => {
  const { taken, starts } = sampleOf(ALL, ALL.length, 10)
  expect(taken).toBeUndefined()
  expect(starts).toEqual(ALL)
})
