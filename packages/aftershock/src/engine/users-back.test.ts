import { expect, test } from 'vitest'
import type { LoadSample } from './ports.ts'
import { usersAreBack } from './users-back.ts'

const sample = (requests: number, errors: number, p95Ms?: number): LoadSample => ({
  requests,
  errors,
  p50Ms: p95Ms,
  p95Ms,
  p99Ms: p95Ms,
})
const BASELINE = new Map([
  ['GET /buy', sample(100, 0, 40)],
  ['GET /page', sample(100, 10, 20)],
])

/** One sample of each entry a second; at the end, since when users have been back. */
function backSince(...seconds: readonly (readonly [buy: LoadSample, page: LoadSample])[]) {
  let now = 0
  const entries = ['GET /buy', 'GET /page']
  const back = usersAreBack(
    {
      entries: () => entries,
      recent: (_ms, entry) => seconds[now]?.[entries.indexOf(entry ?? '')] ?? sample(0, 0),
    },
    BASELINE,
    { nowNs: () => BigInt(now) * 1_000_000_000n, sleep: async () => {} },
  )
  for (; now < seconds.length; now++) back.look()
  now -= 1
  const since = back.sinceNs()
  return { since: since === undefined ? undefined : Number(since / 1_000_000_000n), heldMs: back.heldForMs() }
}

const well = sample(20, 0, 41)

test('usersAreBack() tells since when every entry is as in the baseline', () => {
  const ill = sample(20, 10, 41)
  expect(backSince([ill, well], [well, ill], [well, well], [well, well])).toEqual({ since: 2, heldMs: 1_000 })
})

test('usersAreBack() begins anew when an entry gets worse again', () => {
  expect(backSince([well, well], [sample(20, 5, 40), well], [well, well]).since).toBe(2)
})

test('usersAreBack() takes slow answers for not being back', () => {
  expect(backSince([sample(20, 0, 400), well])).toEqual({ since: undefined, heldMs: 0 })
})

test('usersAreBack() asks no more of an entry than it gave before', () => {
  expect(backSince([well, sample(20, 2, 20)]).since).toBe(0)
})

test('usersAreBack() takes only failures, without one good answer, for not being back', () => {
  expect(backSince([sample(20, 20), well]).since).toBeUndefined()
})
