import { luckOf } from './luck.ts'
import type { Breaker, Call, Fault, Service, Step, World } from './world.ts'

const NAMES = [
  'web',
  'cart',
  'order',
  'stock',
  'price',
  'pay',
  'mail',
  'user',
  'search',
  'tax',
  'ship',
  'bank',
]
const FAULTS = ['delay', 'loss', 'kill', 'error', 'slow'] as const

/** A system nobody drew: a dozen services that call each other downwards, defences and a fault by chance. */
export function randomWorld(seed: number): World {
  const draw = (key: string): number => luckOf(seed, `world ${key}`)
  const between = (key: string, low: number, high: number): number => low + draw(key) * (high - low)
  const drawn = NAMES.map((name, i) => serviceOf(name, i, draw))
  const services = drawn.map((service) => withOps(service, drawn, draw))
  const called = services.filter((service) => calls(services).has(service.name))
  const target = called[Math.floor(draw('target') * called.length)]
  return {
    services,
    entries: Object.keys(services[0].ops).map((op) => ({ service: 'web', op, rps: between(op, 4, 10) })),
    fault: faultOf(target, FAULTS[Math.floor(draw('fault') * FAULTS.length)], between),
    errorShare: 0.001,
    lostShare: draw('lost') < 0.2 ? 0.005 : 0,
    chaosTrafficX: between('traffic', 0.7, 1.5),
    baselineS: 50,
  }
}

function serviceOf(name: string, i: number, draw: (key: string) => number): Service {
  const ops = Object.fromEntries(
    Array.from({ length: i === 0 ? 3 : 1 + Math.floor(draw(`${name} ops`) * 2) }, (_, k) => {
      const key = `${name} ${k}`
      const method = draw(`${key} method`) < 0.5 ? 'POST' : 'GET'
      return [`${method} /${name}${'abc'[k]}`, stepsOf(key, i, draw)]
    }),
  )
  const pods = 1 + Math.floor(draw(`${name} pods`) * 3)
  const skewMs = draw(`${name} skewed`) < 0.1 ? 800 * (draw(`${name} skew`) - 0.5) : 0
  return { name, pods, skewMs, ops }
}

/** Which operation of the callee each call asks for. */
function withOps(service: Service, all: readonly Service[], draw: (key: string) => number): Service {
  const ops = Object.entries(service.ops).map(([name, steps]) => {
    const named = steps.map((step, k): Step => {
      if (!('call' in step)) return step
      const known = Object.keys(all.find((one) => one.name === step.call.to)?.ops ?? {})
      const op = known[Math.floor(draw(`${service.name} ${name} ${k} op`) * known.length)]
      return { call: { ...step.call, op } }
    })
    return [name, named] as const
  })
  return { ...service, ops: Object.fromEntries(ops) }
}

function stepsOf(key: string, i: number, draw: (key: string) => number): readonly Step[] {
  const below = NAMES.slice(i + 1)
  const count =
    below.length === 0 ? 0 : Math.floor(draw(`${key} calls`) * (i === 0 ? 3 : 2.6)) + (i === 0 ? 1 : 0)
  const made = Array.from({ length: count }, (_, k): Step => {
    // Mostly the next few, so that ways are long.
    const to = below[Math.floor(draw(`${key} to ${k}`) ** 2 * below.length)]
    return { call: callOf(`${key} call ${k}`, to, draw) }
  })
  return [{ workMs: 1 + 8 * draw(`${key} work`) }, ...made, { workMs: 1 }]
}

function callOf(key: string, to: string, draw: (key: string) => number): Call {
  const is = (what: string, share: number): boolean => draw(`${key} ${what}`) < share
  return {
    ...{ to, op: '' },
    ...(is('timeout', 0.7) ? { timeoutMs: 150 + 50 * Math.floor(6 * draw(`${key} limit`)) } : {}),
    ...(is('retry', 0.4) ? { attempts: 2 + Math.floor(2 * draw(`${key} attempts`)), backoffMs: 25 } : {}),
    ...(is('fallback', 0.25) ? { fallback: true } : {}),
    ...(is('breaker', 0.2) ? { breaker: breakerOf(key, draw) } : {}),
  }
}

function breakerOf(key: string, draw: (key: string) => number): Breaker {
  return { failures: 5, openMs: 2000 + 4000 * draw(`${key} open`), speaks: draw(`${key} speaks`) < 0.5 }
}

function faultOf(
  target: Service,
  kind: (typeof FAULTS)[number],
  between: (key: string, low: number, high: number) => number,
): Fault {
  const pods = target.pods ?? 1
  const hit = pods > 1 && between('one pod', 0, 1) < 0.3 ? { pods: 1 } : {}
  const where = { service: target.name, ...hit }
  if (kind === 'delay') return { ...where, kind, ms: between('delay', 80, 600) }
  if (kind === 'loss') return { ...where, kind, share: between('loss', 0.05, 0.5) }
  if (kind === 'kill') return { ...where, kind, downMs: between('down', 500, 30_000) }
  if (kind === 'error') return { ...where, kind, share: between('errors', 0.05, 1) }
  return { ...where, kind, times: between('times', 5, 40) }
}

function calls(services: readonly Service[]): ReadonlySet<string> {
  const found = new Set<string>(['web'])
  for (const service of services) {
    if (!found.has(service.name)) continue
    for (const steps of Object.values(service.ops)) {
      for (const step of steps) if ('call' in step) found.add(step.call.to)
    }
  }
  found.delete('web')
  return found
}
