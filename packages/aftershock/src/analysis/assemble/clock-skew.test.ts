import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'
import { clockOffsets, type PairsSeen } from './clock-skew.ts'

const INSTANCES = ['web', 'cart', 'stock'].map((name, service) => ({ name, service }))
const [WEB, CART, STOCK] = [0, 1, 2]

/** Calls alike: the callee's clock is ahead by so much, both ways together took so long, ms. */
function calls(from: number, to: number, n: number, aheadMs: number, waysMs: number): PairsSeen {
  const all = (ms: number): Float64Array => new Float64Array(n).fill(ms * 1e6)
  const luck = Float64Array.from({ length: n }, (_, i) => i)
  return { from, to, count: n, luck, offsetNs: all(-aheadMs), slackNs: all(waysMs) }
}

test('clockOffsets() goes by the calls that leave least doubt, not by the most frequent', () => {
  // From cart nothing is told of its calls: what it did before and after them counts as the way there and back.
  const vague = calls(CART, STOCK, 900, 40, 120)
  const [, cart, stock] = clockOffsets(
    [[calls(WEB, CART, 100, 200, 1), vague, calls(WEB, STOCK, 20, 300, 1)]],
    INSTANCES,
  )
  expect([cart, stock].map(({ offsetNs }) => offsetNs / -1e6)).toEqual([200, 300])
})

test('clockOffsets() takes two good ways for one that is vague', () => {
  const [, cart, stock] = clockOffsets(
    [[calls(WEB, CART, 10, 50, 1), calls(CART, STOCK, 10, 50, 1), calls(WEB, STOCK, 500, 140, 60)]],
    INSTANCES,
  )
  expect([cart, stock].map(({ offsetNs }) => offsetNs / -1e6)).toEqual([50, 100])
})

test('clockOffsets() leaves a clock alone where vague calls leave room for it, however lopsided they are', () => {
  // Where the caller works 5 ms before it asks and 60 ms after, the middle lies 27 ms away from both clocks.
  const [, , stock] = clockOffsets(
    [[calls(WEB, CART, 50, 400, 1), calls(CART, STOCK, 50, -27, 65)]],
    INSTANCES,
  )
  expect(stock.offsetNs / -1e6).toBe(400)
  const [, , alone] = clockOffsets([[calls(WEB, CART, 50, 0, 1), calls(CART, STOCK, 50, -27, 65)]], INSTANCES)
  expect(alone.offsetNs).toBe(0)
})

test.each(['producer', 'client'])(
  'a message is not answered: how long it lay tells of no clock (sent by a %s)',
  (kind) => {
    const message = `
web POST /order              0-60ms  http=202
  web>worker orders publish  1-47ms  ${kind} messaging.system=kafka
    worker orders process   41-66ms  consumer messaging.system=kafka
      worker>store POST /s  43-64ms  http=201
        store POST /s       44-63ms  http=201
`
    const windows = drawnWindows('store', { kind: 'NetworkChaos', action: 'delay' })
    const { data } = analyse({ table: tableOf(`@ +1s ×100 every 500ms${message}`), windows })
    expect(data.clockSkew).toEqual([])
  },
)

test('clockOffsets() takes the user’s nearest for wrong where most of the others agree that it is', () => {
  const many = Array.from({ length: 6 }, (_, i) => ({ service: i, name: String(i) }))
  const links = (ahead: readonly number[]) => ahead.map((aheadMs, i) => calls(0, i + 1, 50, aheadMs, 1))
  const aheadOf = (ahead: readonly number[]): readonly number[] =>
    clockOffsets([links(ahead)], many).map(({ offsetNs }) => Math.round(-offsetNs / 1e6) || 0)
  expect(aheadOf([-900, -900, -900, -900, -700])).toEqual([900, 0, 0, 0, 0, 200])
  expect(aheadOf([0, 0, 0, 0, -700])).toEqual([0, 0, 0, 0, 0, -700])
  // Three of six agree, and the middle one is none of them.
  expect(aheadOf([700, 700, 700, 350, -250])).toEqual([-700, 0, 0, 0, -350, -950])
})
