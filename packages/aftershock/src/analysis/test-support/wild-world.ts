import { luckOf } from './luck.ts'
import { randomWorld } from './random-world.ts'
import type { Telling } from './told-otherwise.ts'
import type { Call, Service, Step, World } from './world.ts'

/** A system by chance under circumstances by chance: little traffic, short windows, failures all the time, clocks that differ. */
export function wildWorld(seed: number): World {
  const world = randomWorld(seed)
  const draw = (key: string): number => luckOf(seed, `wild ${key}`)
  const pick = <T>(key: string, of: readonly T[]): T => of[Math.floor(draw(key) * of.length)]
  const trafficX = pick('traffic', [0.3, 0.6, 1, 1, 2])
  const services = world.services.map((service, i) => wildService(service, i, draw))
  return {
    ...world,
    services: draw('messages') < 0.3 ? withMessages(services) : services,
    entries: world.entries.map((entry) => ({ ...entry, rps: entry.rps * trafficX })),
    baselineS: pick('baseline', [12, 15, 25, 50, 90]),
    chaosS: pick('chaos', [15, 30, 45]),
    recoveryS: pick('recovery', [10, 20, 45]),
    errorShare: pick('errors', [0, 0.001, 0.005, 0.02]),
    lostShare: pick('lost', [0, 0, 0, 0.01, 0.03]),
    driftShare: pick('drift', [0, 0, 0.2]),
    chaosTrafficX: pick('chaos traffic', [0.6, 1, 1, 1.5]),
    ...(draw('incident') < 0.2 ? { incident: incidentIn(world, draw) } : {}),
  }
}

/** How such a system tells of itself, by chance too. */
export function wildTelling(seed: number): Telling {
  const draw = (key: string): number => luckOf(seed, `tell ${key}`)
  return {
    seed,
    oldShare: draw('old') < 0.5 ? 0.5 : 0,
    grpcShare: draw('grpc') < 0.5 ? 0.4 : 0,
    noClientShare: draw('nc') < 0.25 ? 0.2 : 0,
    sampledShare: draw('s') < 0.3 ? 0.1 + 0.5 * draw('share') : 1,
  }
}

function wildService(service: Service, i: number, draw: (key: string) => number): Service {
  const is = (what: string, share: number): boolean => draw(`${service.name} ${what}`) < share
  const ops = Object.entries(service.ops).map(
    ([name, steps]) => [name, wildSteps(`${service.name} ${name}`, steps, draw)] as const,
  )
  const isLeaf = Object.values(service.ops).every((steps) => steps.every((step) => 'workMs' in step))
  return {
    ...service,
    ops: Object.fromEntries(ops),
    ...(is('skewed', 0.2) ? { skewMs: 2000 * (draw(`${service.name} skew`) - 0.5) } : {}),
    ...(is('slows', 0.15) ? { slowsAt: 6 } : {}),
    ...(i > 0 && is('room', 0.1) ? { room: 15 } : {}),
    ...(i > 0 && isLeaf && is('quiet', 0.15) ? { quiet: true as const } : {}),
  }
}

/** Calls side by side, loops and hedges instead of some single calls. */
function wildSteps(key: string, steps: readonly Step[], draw: (key: string) => number): readonly Step[] {
  const calls = steps.flatMap((step) => ('call' in step ? [step.call] : []))
  const others = new Set(calls.map((call) => call.to)).size
  if (others === calls.length && calls.length > 1 && draw(`${key} together`) < 0.3)
    return [steps[0], { together: calls }, { workMs: 1 }]
  return steps.map((step, k): Step => {
    if (!('call' in step)) return step
    const luck = draw(`${key} ${k} as`)
    if (luck < 0.1) return { loop: step.call, times: 3 }
    if (luck < 0.2) return { call: hedged(step.call) }
    return step
  })
}

function hedged({ to, op }: Call): Call {
  return { to, op, hedgeAfterMs: 90 }
}

/** The second service sends, the last one receives. */
function withMessages(services: readonly Service[]): readonly Service[] {
  return services.map((service, i) => {
    if (i === 1) {
      const ops = Object.entries(service.ops).map(
        ([name, steps]) => [name, [...steps, { publish: 'topic' }]] as const,
      )
      return { ...service, ops: Object.fromEntries(ops) }
    }
    if (i !== services.length - 1 || service.quiet === true) return service
    return { ...service, ops: { ...service.ops, 'on topic': [{ workMs: 5 }] } }
  })
}

function incidentIn(world: World, draw: (key: string) => number): World['incident'] {
  const others = world.services.filter((service) => service.name !== world.fault?.service)
  const hit = others[Math.floor(draw('incident in') * others.length)]
  return { service: hit.name, share: 0.05 + 0.2 * draw('incident share') }
}
