import { luckOf } from './luck.ts'
import type { Call, Fault, Service, Step, World } from './world.ts'

type Draw = {
  /** A number between two others, by chance. */
  readonly between: (key: string, low: number, high: number) => number
  readonly whole: (key: string, low: number, high: number) => number
  readonly pick: <T>(key: string, of: readonly T[]) => T
}

/**
 * Worlds of one kind whose numbers are drawn: what happens where room, retries or hedges decide. Users ask `web`, which
 * asks `order`, which asks `pay`, which asks `bank`; some ask `order` for what needs nobody else.
 */
export const DRAWN_KINDS: Readonly<Record<string, (seed: number) => World>> = {
  'waiting for a turn': (seed) => queueing(drawOf(`queueing ${seed}`, seed)),
  hedges: (seed) => hedging(drawOf(`hedges ${seed}`, seed)),
  'a callee that refuses': (seed) => shedding(drawOf(`shedding ${seed}`, seed)),
  'retries at three tiers': (seed) => storm(drawOf(`storm ${seed}`, seed)),
  'stays bad when the fault is gone': (seed) => metastable(drawOf(`metastable ${seed}`, seed)),
  'spreads sideways': (seed) => sideways(drawOf(`sideways ${seed}`, seed)),
}

function drawOf(name: string, seed: number): Draw {
  const luck = (key: string): number => luckOf(seed, `${name} ${key}`)
  return {
    between: (key, low, high) => low + luck(key) * (high - low),
    whole: (key, low, high) => Math.floor(low + luck(key) * (high + 1 - low)),
    pick: (key, of) => of[Math.floor(luck(key) * of.length)],
  }
}

type Parts = {
  readonly web?: Partial<Call>
  readonly order?: Partial<Call>
  readonly pay?: Partial<Call>
  readonly orderService?: Partial<Service>
  readonly payService?: Partial<Service>
  readonly rps: number
  readonly lookRps: number
  readonly fault: Fault
}

function shopOf({ web, order, pay, orderService, payService, rps, lookRps, fault }: Parts): World {
  const buy: readonly Step[] = [
    { workMs: 3 },
    { call: { to: 'pay', op: 'POST /pay', ...order } },
    { workMs: 1 },
  ]
  return {
    entries: [
      { service: 'web', op: 'POST /buy', rps },
      { service: 'web', op: 'GET /orders', rps: lookRps },
    ],
    services: [
      {
        name: 'web',
        pods: 2,
        ops: {
          'POST /buy': [{ workMs: 2 }, { call: { to: 'order', op: 'POST /order', ...web } }],
          'GET /orders': [{ workMs: 1 }, { call: { to: 'order', op: 'GET /orders' } }],
        },
      },
      { name: 'order', ops: { 'POST /order': buy, 'GET /orders': [{ workMs: 6 }] }, ...orderService },
      {
        name: 'pay',
        ops: {
          'POST /pay': [{ workMs: 4 }, { call: { to: 'bank', op: 'POST /charge', ...pay } }, { workMs: 2 }],
        },
        ...payService,
      },
      { name: 'bank', pods: 2, ops: { 'POST /charge': [{ workMs: 12 }] } },
    ],
    fault,
  }
}

/** A pool of workers that is used up by those who wait for a late callee. */
function queueing({ between, whole, pick }: Draw): World {
  const service = pick('at', ['pay', 'bank'])
  const slots = whole('slots', 3, 9)
  const ms = between('ms', 200, 700)
  // So many a second that the pool is short by up to a half.
  const rps = (slots / (ms / 1000 + 0.03)) * between('load', 0.75, 1.4)
  return shopOf({
    orderService: { slots },
    rps,
    lookRps: between('look', 2, 8),
    fault: { service, kind: 'delay', ms },
  })
}

function hedging({ between, whole, pick }: Draw): World {
  const pods = whole('pods', 2, 4)
  const fault: Fault = pick<Fault>('fault', [
    { service: 'pay', kind: 'delay', ms: between('ms', 150, 600), pods: 1 },
    { service: 'pay', kind: 'loss', share: between('share', 0.1, 0.4) },
    { service: 'pay', kind: 'slow', times: between('times', 20, 60), pods: 1 },
  ])
  return shopOf({
    order: { hedgeAfterMs: between('after', 40, 120) },
    payService: { pods },
    ...{ rps: between('rps', 5, 20), lookRps: 4, fault },
  })
}

function shedding({ between, whole, pick }: Draw): World {
  const room = whole('room', 3, 10)
  const ms = between('ms', 250, 800)
  const rps = (room / (ms / 1000 + 0.03)) * between('load', 1.1, 2)
  const again: Partial<Call> = pick('again', [{}, { attempts: 2, backoffMs: 60 }, { fallback: true }])
  return shopOf({
    order: again,
    payService: { room },
    ...{ rps, lookRps: 4, fault: { service: 'bank', kind: 'delay', ms } },
  })
}

function storm({ between, whole, pick }: Draw): World {
  const tries = (tier: string): Partial<Call> => ({
    attempts: whole(`${tier} attempts`, 2, 3),
    backoffMs: between(`${tier} pause`, 10, 60),
  })
  const fault: Fault = pick<Fault>('fault', [
    { service: 'bank', kind: 'error', share: between('share', 0.4, 1) },
    { service: 'bank', kind: 'kill', downMs: between('down', 8_000, 30_000) },
  ])
  return shopOf({
    ...{ web: tries('web'), order: tries('order'), pay: tries('pay') },
    ...{ rps: between('rps', 4, 12), lookRps: 4, fault },
  })
}

/** Retries of calls that time out keep a callee busy that slows down under them, also when the fault is gone. */
function metastable({ between, whole }: Draw): World {
  return shopOf({
    order: { timeoutMs: between('limit', 120, 180), attempts: whole('attempts', 3, 4), backoffMs: 10 },
    payService: { slowsAt: 1 },
    ...{ rps: between('rps', 22, 30), lookRps: 4 },
    fault: { service: 'pay', kind: 'slow', times: between('times', 20, 40) },
  })
}

/** Who needs the callee that is late holds a share of the caller that others need. */
function sideways({ between, whole }: Draw): World {
  const slots = whole('slots', 3, 8)
  const ms = between('ms', 300, 900)
  return shopOf({
    orderService: { slots, pods: whole('pods', 1, 2) },
    order: { timeoutMs: ms * between('limit', 0.5, 0.9) },
    rps: (slots / (ms / 1000)) * between('load', 1.2, 2.2),
    lookRps: between('look', 5, 15),
    fault: { service: 'pay', kind: 'delay', ms },
  })
}
