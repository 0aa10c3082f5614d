import { expect, test } from 'vitest'
import { guardBreach, parseGuard } from '../formats/hypothesis.ts'
import { type RunningGuard, watchGuards } from './guards.ts'
import type { LoadSample, LoadView } from './ports.ts'

const sample = (requests: number, errors: number): LoadSample => ({
  requests,
  errors,
  p50Ms: 10,
  p95Ms: 20,
  p99Ms: 30,
})

function guardOf(text: string): RunningGuard {
  const read = parseGuard(text)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  const guard = read.value
  return {
    text: guard.text,
    entry: guard.entry,
    forMs: guard.forMs,
    breached: (one) => guardBreach(guard, one),
  }
}

/** Looks four times a second at what users meet; tells at which second the guard trips. */
function trippedAt(
  text: string,
  seconds: readonly Readonly<Record<string, LoadSample>>[],
): number | undefined {
  let nowMs = 0
  const at = (): Readonly<Record<string, LoadSample>> => seconds[Math.floor(nowMs / 1_000)] ?? {}
  const load: LoadView = {
    entries: () => Object.keys(at()),
    recent: (_ms, entry) => at()[entry ?? Object.keys(at())[0] ?? ''] ?? sample(0, 0),
  }
  const clock = { nowNs: () => BigInt(nowMs) * 1_000_000n, sleep: async () => {} }
  const look = watchGuards([guardOf(text)], load, clock)
  for (; nowMs < seconds.length * 1_000; nowMs += 250) if (look() !== undefined) return nowMs / 1_000
  return undefined
}

const well = { 'GET /buy': sample(20, 0), 'GET /page': sample(20, 0) }
const ill = { 'GET /buy': sample(20, 20), 'GET /page': sample(20, 0) }
const thin = { 'GET /buy': sample(2, 2), 'GET /page': sample(20, 0) }

test('watchGuards() trips once the breach has lasted as long as it says', () => {
  expect(trippedAt('GET /buy errors > 50% for 2s', [well, ill, ill, ill, ill])).toBe(3)
})

test('watchGuards() begins anew after a moment in which all was well', () => {
  expect(trippedAt('GET /buy errors > 50% for 2s', [ill, well, ill, ill, well, ill])).toBeUndefined()
})

test('watchGuards() neither trips nor begins anew on too few requests', () => {
  expect(trippedAt('GET /buy errors > 50% for 2s', [thin, thin, thin, thin])).toBeUndefined()
  expect(trippedAt('GET /buy errors > 50% for 2s', [ill, thin, ill])).toBe(2)
})

test('watchGuards() looks only at the entry that is named', () => {
  expect(trippedAt('GET /page errors > 50% for 1s', [ill, ill, ill, ill])).toBeUndefined()
})

test('watchGuards() is not calmed by another entry that the same words fit', () => {
  // `GET` fits both: /buy fails all the time, /page never does.
  expect(trippedAt('GET errors > 50% for 1s', [ill, ill, ill, ill])).toBe(1)
})
