import { expect, test } from 'vitest'
import { DRAWING_EPOCH_NS, tableOf } from '../model/draw-trace.ts'
import { ProblemError } from '../model/problem.ts'
import { windowsFor } from './analyze-windows.ts'

/** Two minutes of traffic, a request a second. */
const TABLE = tableOf(`
  ×120 every 1s
  web GET / 0-100ms`)
const SECOND = 1_000_000_000n
const at = (second: number): bigint => DRAWING_EPOCH_NS + BigInt(second) * SECOND
const END = at(119) + 100_000_000n

const whyNot = (flags: Parameters<typeof windowsFor>[0]): string => {
  try {
    windowsFor(flags, TABLE, '.')
  } catch (error) {
    if (error instanceof ProblemError) return error.message
    throw error
  }
  return ''
}

test('windowsFor() takes --split for the moment between baseline and chaos', () => {
  expect(windowsFor({ split: '60s' }, TABLE, '.')).toEqual({
    experiments: [],
    baseline: [{ startNs: at(0), endNs: at(60) }],
    chaos: [{ startNs: at(60), endNs: END }],
    recovery: [],
  })
})

test('windowsFor() reads --fault: who, what, from when to when; the rest is baseline and recovery', () => {
  const windows = windowsFor({ fault: 'payment latency +500ms @ 60s..90s' }, TABLE, '.')
  expect(windows.experiments).toMatchObject([
    {
      kind: 'NetworkChaos',
      action: 'delay',
      targets: [{ service: 'payment' }],
      parameters: { latencyMs: 500 },
    },
  ])
  expect(windows.baseline).toEqual([{ startNs: at(0), endNs: at(60) }])
  expect(windows.chaos).toEqual([{ startNs: at(60), endNs: at(90) }])
  expect(windows.recovery).toEqual([{ startNs: at(90), endNs: END }])
})

test('windowsFor() takes a fault that lasts to the end for one without recovery', () => {
  expect(windowsFor({ fault: 'payment kill @ 60s..300s' }, TABLE, '.').recovery).toEqual([])
})

test('windowsFor() reads times of day and RFC 3339 as well as offsets', () => {
  const iso = new Date(Number(at(60) / 1_000_000n)).toISOString()
  for (const split of [iso, iso.slice(11, 19)])
    expect(windowsFor({ split }, TABLE, '.').chaos[0]?.startNs).toBe(at(60))
})

test('windowsFor() takes the baseline from --baseline-window', () => {
  const windows = windowsFor({ split: '60s', baselineWindow: '10s..20s' }, TABLE, '.')
  expect(windows.baseline).toEqual([{ startNs: at(10), endNs: at(20) }])
})

test('windowsFor() says what is wrong with each flag', () => {
  expect(whyNot({ fault: 'payment is slow' })).toMatch(/Cannot read --fault: .*"payment is slow"/)
  expect(whyNot({ split: 'noon' })).toMatch(/Cannot read --split: .*"noon"/)
  expect(whyNot({ split: '60s', baselineWindow: '10s' })).toMatch(/Cannot read --baseline-window/)
  expect(whyNot({ fault: 'payment kill @ 90s..60s' })).toMatch(/Cannot read --fault: .*before/)
  expect(whyNot({ split: '10m' })).toMatch(/Cannot read --split: .*within/)
  expect(whyNot({})).toMatch(/a fault window, and none was given/)
})
