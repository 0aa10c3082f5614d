import type { Call, Fault, Service, World } from './world.ts'

// One shop, and what each mechanism does at its edges.

type Shop = {
  readonly order?: Partial<Call>
  readonly gateway?: Partial<Call>
  readonly payment?: Partial<Service>
  readonly orderService?: Partial<Service>
}

/** gateway → order → inventory and payment → bank; gateway → catalog. */
function shop({ order, gateway, payment, orderService }: Shop): Pick<World, 'services' | 'entries'> {
  const toPayment: Call = { to: 'payment', op: 'POST /pay', ...order }
  return {
    entries: [
      { service: 'gateway', op: 'POST /checkout', rps: 12 },
      { service: 'gateway', op: 'GET /products', rps: 8 },
    ],
    services: [
      {
        name: 'gateway',
        pods: 2,
        ops: {
          'POST /checkout': [{ workMs: 2 }, { call: { to: 'order', op: 'POST /orders', ...gateway } }],
          'GET /products': [{ workMs: 1 }, { call: { to: 'catalog', op: 'GET /products' } }, { workMs: 1 }],
          'GET /history': [{ workMs: 1 }, { call: { to: 'order', op: 'GET /orders' } }],
        },
      },
      {
        name: 'order',
        pods: 2,
        ops: {
          'POST /orders': [
            { workMs: 3 },
            { call: { to: 'inventory', op: 'POST /reserve' } },
            { call: toPayment },
            { workMs: 1 },
          ],
        },
        ...orderService,
      },
      { name: 'inventory', ops: { 'POST /reserve': [{ workMs: 6 }] } },
      {
        name: 'payment',
        pods: 3,
        ops: { 'POST /pay': [{ workMs: 4 }, { call: { to: 'bank', op: 'POST /charge' } }, { workMs: 2 }] },
        ...payment,
      },
      { name: 'bank', ops: { 'POST /charge': [{ workMs: 15 }] } },
      { name: 'catalog', pods: 2, ops: { 'GET /products': [{ workMs: 8 }] } },
    ],
  }
}

const DELAY: Fault = { service: 'payment', kind: 'delay', ms: 400 }
const ERROR: Fault = { service: 'payment', kind: 'error', share: 0.6 }

/** By what they show. */
export const WORLDS: Readonly<Record<string, World>> = {
  'a delay that nobody limits': { ...shop({}), fault: DELAY },
  'a time-out': { ...shop({ order: { timeoutMs: 200 } }), fault: DELAY },
  'a time-out that half of the answers meet exactly': {
    ...shop({ order: { timeoutMs: 425 } }),
    fault: DELAY,
  },
  'a time-out at two tiers': {
    ...shop({ order: { timeoutMs: 300 }, gateway: { timeoutMs: 250 } }),
    fault: DELAY,
  },
  'retries that rescue': { ...shop({ order: { attempts: 3, backoffMs: 60 } }), fault: ERROR },
  'retries that make it worse, at two tiers': {
    ...shop({ order: { timeoutMs: 150, attempts: 3 }, gateway: { attempts: 2 } }),
    fault: { ...DELAY, kind: 'delay', ms: 300 },
  },
  'retries after lost packets': {
    ...shop({ order: { timeoutMs: 250, attempts: 2 } }),
    fault: { service: 'payment', kind: 'loss', share: 0.3 },
  },
  'a breaker that says so': {
    ...shop({ order: { timeoutMs: 200, breaker: { failures: 4, openMs: 3000, speaks: true } } }),
    fault: DELAY,
  },
  'a breaker that says nothing, half open again and again': {
    ...shop({ order: { timeoutMs: 200, breaker: { failures: 4, openMs: 2000, speaks: false } } }),
    fault: DELAY,
  },
  'a breaker that takes three good probes to close': {
    ...shop({
      order: { timeoutMs: 200, breaker: { failures: 4, openMs: 2000, probes: 3, speaks: true } },
    }),
    fault: { ...DELAY, pods: 1 },
  },
  'a fallback': { ...shop({ order: { timeoutMs: 200, fallback: true } }), fault: DELAY },
  'a fallback that also fails': {
    ...shop({
      orderService: {
        ops: {
          'POST /orders': [
            { workMs: 3 },
            { call: { to: 'payment', op: 'POST /pay', fallback: true } },
            { call: { to: 'payment', op: 'POST /later' } },
          ],
        },
      },
      payment: { ops: { 'POST /pay': [{ workMs: 9 }], 'POST /later': [{ workMs: 5 }] } },
    }),
    fault: ERROR,
  },
  'a hedge': {
    ...shop({ order: { hedgeAfterMs: 80 } }),
    fault: { ...DELAY, pods: 1 },
  },
  'parallel calls of which one is hit': {
    ...shop({
      orderService: {
        ops: {
          'POST /orders': [
            { workMs: 3 },
            {
              together: [
                { to: 'inventory', op: 'POST /reserve' },
                { to: 'payment', op: 'POST /pay', timeoutMs: 200 },
              ],
            },
          ],
        },
      },
    }),
    fault: DELAY,
  },
  'a loop over items': {
    ...shop({
      orderService: {
        ops: {
          'POST /orders': [{ workMs: 3 }, { loop: { to: 'payment', op: 'POST /pay' }, times: 3 }],
        },
      },
    }),
    fault: ERROR,
  },
  'a consumer of messages': {
    ...shop({
      orderService: {
        ops: {
          'POST /orders': [
            { workMs: 3 },
            { call: { to: 'payment', op: 'POST /pay' } },
            { publish: 'orders' },
          ],
        },
      },
      payment: { ops: { 'POST /pay': [{ workMs: 9 }], 'on orders': [{ workMs: 10 }] } },
    }),
    fault: DELAY,
  },
  'one pod of three': { ...shop({ order: { timeoutMs: 200 } }), fault: { ...DELAY, pods: 1 } },
  'a kill, and back within a second': {
    ...shop({}),
    fault: { service: 'payment', kind: 'kill', downMs: 700 },
  },
  'a kill for the whole window': {
    ...shop({ order: { attempts: 2, backoffMs: 20 } }),
    fault: { service: 'payment', kind: 'kill', downMs: 60_000 },
  },
  'a fault that nothing reaches': { ...shop({}), fault: { service: 'ledger', kind: 'delay', ms: 400 } },
  'a fault absorbed completely': {
    ...shop({ order: { fallback: true, attempts: 2 } }),
    fault: { ...ERROR, kind: 'error', share: 1 },
  },
  'a callee that sends no spans': {
    ...shop({ order: { timeoutMs: 200, attempts: 2 }, payment: { quiet: true } }),
    fault: DELAY,
  },
  'a pool that is used up by those who wait': {
    ...shop({
      orderService: {
        pods: 1,
        slots: 6,
        ops: {
          'POST /orders': [{ workMs: 3 }, { call: { to: 'payment', op: 'POST /pay' } }, { workMs: 1 }],
          'GET /orders': [{ workMs: 5 }],
        },
      },
    }),
    entries: [
      { service: 'gateway', op: 'POST /checkout', rps: 12 },
      { service: 'gateway', op: 'GET /products', rps: 8 },
      { service: 'gateway', op: 'GET /history', rps: 8 },
    ],
    fault: DELAY,
  },
  'a callee that is full': {
    ...shop({ payment: { pods: 1, room: 6 } }),
    fault: { service: 'payment', kind: 'slow', times: 30 },
  },
  'its own work, slower': { ...shop({}), fault: { service: 'inventory', kind: 'slow', times: 12 } },
  'spans lost at random': {
    ...shop({ order: { timeoutMs: 200, attempts: 2 } }),
    fault: DELAY,
    lostShare: 0.02,
  },
  'a clock a second ahead': {
    ...shop({ order: { timeoutMs: 200, attempts: 2 }, payment: { skewMs: 1000 } }),
    fault: DELAY,
  },
  'an unrelated incident in the same window': {
    ...shop({ order: { timeoutMs: 200 } }),
    fault: DELAY,
    incident: { service: 'catalog', share: 0.15 },
  },
  'an incident on the same way': {
    ...shop({ order: { timeoutMs: 200 } }),
    fault: { ...DELAY, pods: 1 },
    incident: { service: 'inventory', share: 0.1 },
  },
  'a slow drift, and nothing else': {
    ...shop({}),
    fault: { service: 'payment', kind: 'delay', ms: 0 },
    driftShare: 0.15,
  },
  'twice the traffic, and nothing else': {
    ...shop({ order: { timeoutMs: 200, attempts: 2 } }),
    fault: { service: 'payment', kind: 'delay', ms: 0 },
    chaosTrafficX: 2,
    errorShare: 0.003,
  },
  'twice the traffic and a fault': {
    ...shop({ order: { timeoutMs: 200, attempts: 2 } }),
    fault: DELAY,
    chaosTrafficX: 2,
    errorShare: 0.003,
  },
}
