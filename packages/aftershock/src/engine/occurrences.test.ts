import { expect, test } from 'vitest'
import type { Fault } from '../model/fault.ts'
import { chaosMsOf, occurrencesOf } from './occurrences.ts'

function fault(durationMs: number | undefined, cron?: string): Fault {
  return {
    id: 'NetworkChaos/default/x',
    kind: 'NetworkChaos',
    name: 'x',
    namespace: 'default',
    spec: { kind: 'IOChaos', clusterOnly: true, action: undefined },
    targeting: undefined,
    durationMs,
    schedule: cron === undefined ? undefined : { cron, concurrencyPolicy: 'Forbid', legacy: false },
    labels: {},
    manifest: {},
    where: { file: 'x.yaml' },
  }
}

test('occurrencesOf() puts a plain fault at the start of the phase, for its duration', () => {
  expect(occurrencesOf(fault(4_000), 10_000)).toEqual([{ startMs: 0, endMs: 4_000 }])
  expect(occurrencesOf(fault(undefined), 10_000)).toEqual([{ startMs: 0, endMs: 10_000 }])
})

test('occurrencesOf() never goes beyond the phase', () => {
  expect(occurrencesOf(fault(60_000), 10_000)).toEqual([{ startMs: 0, endMs: 10_000 }])
})

test('occurrencesOf() repeats a schedule', () => {
  expect(occurrencesOf(fault(1_000, '@every 4s'), 10_000)).toEqual([
    { startMs: 0, endMs: 1_000 },
    { startMs: 4_000, endMs: 5_000 },
    { startMs: 8_000, endMs: 9_000 },
  ])
})

test('occurrencesOf() skips the ticks of a schedule while the former still is on', () => {
  expect(occurrencesOf(fault(5_000, '@every 4s'), 18_000).map((one) => one.startMs)).toEqual([
    0, 8_000, 16_000,
  ])
})

test('occurrencesOf() fires a calendar expression once, since nobody waits for it', () => {
  expect(occurrencesOf(fault(2_000, '0 3 * * *'), 10_000)).toEqual([{ startMs: 0, endMs: 2_000 }])
})

test('chaosMsOf() is what was asked for, else the longest duration, else half a minute', () => {
  expect(chaosMsOf([fault(4_000)], 7_000)).toBe(7_000)
  expect(chaosMsOf([fault(4_000), fault(9_000), fault(undefined)], undefined)).toBe(9_000)
  expect(chaosMsOf([fault(undefined)], undefined)).toBe(30_000)
})
