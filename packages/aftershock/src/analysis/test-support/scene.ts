import type { SpanInput } from '../../model/span-input.ts'
import { Agenda } from './agenda.ts'
import type { Spell } from './breaker-state.ts'
import { luckOf, spreadMs } from './luck.ts'
import { type Call, type Fault, type Service, timesOf, type World } from './world.ts'

export const EPOCH_MS = 1_767_225_600_000

export type SimulatedSpan = { readonly service: string; readonly pod: string; readonly span: SpanInput }

/** Where in which request something happens; draws are named by it. */
export type Place = {
  readonly trace: string
  readonly path: string
  readonly parent: string | undefined
  /** Who called; undefined for users. */
  readonly caller?: string
  /** Calls of the request that it went on without: fallbacks if it ends well. */
  readonly waived: Place[]
}

/** A visit of a service: one request that it served. */
export type Visit = {
  readonly service: string
  readonly op: string
  readonly startMs: number
  readonly endMs: number
  readonly failed: boolean
}

export type BreakerSpells = {
  readonly caller: string
  readonly pod: string
  readonly callee: string
  readonly spells: readonly Spell[]
}

/** Attempts and logical calls of an edge in one request. */
export type Sent = { attempts: number; calls: number }

/** What all share while a world runs: time, luck, the fault, and what is written down. State outlives a call. */
export class Scene {
  readonly world: World
  readonly seed: number
  readonly agenda = new Agenda()
  readonly spans: SimulatedSpan[] = []
  readonly happened = new Map<string, Set<string>>()
  /** `kind what caller>callee` → place → how much. Where it is of an occurrence, the places are the occurrence's. */
  readonly measured = new Map<string, Map<string, number>>()
  readonly visits = new Map<string, Visit>()
  readonly spells: BreakerSpells[] = []
  /** `caller>callee` → request → what was sent. */
  readonly sentOn = new Map<string, Map<string, Sent>>()
  /** Request → paths at which something was written. */
  readonly #writes = new Map<string, string[]>()
  /** Service and pod → requests in progress. */
  readonly busy = new Map<string, number>()
  /** Service and pod → those who wait for a turn there. */
  readonly waiting = new Map<string, (() => void)[]>()
  /** Trace of a consumer → the span that sent its message. */
  readonly links = new Map<string, { readonly traceId: string; readonly spanId: string }>()
  /** Trace of a consumer → how long its message had waited, ms; of consumers that take up so many at once. */
  readonly messages = new Map<string, number>()
  readonly chaosMs: readonly [number, number]
  readonly endMs: number
  readonly #fault: Fault | undefined
  readonly #services: ReadonlyMap<string, Service>

  constructor(world: World, seed: number, fault: Fault | undefined) {
    const { baselineS, chaosS, recoveryS } = timesOf(world)
    this.world = world
    this.seed = seed
    this.#fault = fault
    this.#services = new Map(world.services.map((service) => [service.name, service]))
    this.chaosMs = [baselineS * 1000, (baselineS + chaosS) * 1000]
    this.endMs = (baselineS + chaosS + recoveryS) * 1000
  }

  /** What the fault does to an attempt on its way: ms added, or that it never arrives. */
  meets(call: Call, place: Place): number | 'refused' | 'lost' {
    const fault = this.#fault
    if (fault === undefined || !this.#isOn() || fault.service !== call.to) return 0
    const target = this.service(fault.service)
    if (!isHit(fault, target, this.podFor(target, place))) return 0
    if (fault.kind === 'delay') return spreadMs(fault.ms, this.seed, `${place.trace}${place.path} fault`)
    if (fault.kind === 'loss')
      return luckOf(this.seed, `${place.trace}${place.path} fault`) < fault.share ? 'lost' : 0
    if (fault.kind === 'kill') return this.agenda.nowMs < this.chaosMs[0] + fault.downMs ? 'refused' : 0
    return 0
  }

  /** Killed, and not back yet. */
  isDown(service: Service, pod: string): boolean {
    const fault = this.#fault
    if (fault?.kind !== 'kill' || fault.service !== service.name || !this.#isOn()) return false
    return isHit(fault, service, pod) && this.agenda.nowMs < this.chaosMs[0] + fault.downMs
  }

  failsByItself(service: Service, pod: string, place: Place): boolean {
    const { incident, errorShare } = this.world
    const draw = (what: string): number => luckOf(this.seed, `${place.trace}${place.path} ${what}`)
    if (draw('error') < (errorShare ?? 0)) return true
    const late = this.agenda.nowMs >= this.chaosMs[0]
    if (incident?.service === service.name && late && draw('incident') < incident.share) return true
    const fault = this.#fault
    if (fault?.kind !== 'error' || fault.service !== service.name || !this.#isOn()) return false
    return isHit(fault, service, pod) && draw('fault') < fault.share
  }

  workMs(service: Service, pod: string, medianMs: number, place: Place): number {
    const fault = this.#fault
    const isSlow =
      fault?.kind === 'slow' && fault.service === service.name && this.#isOn() && isHit(fault, service, pod)
    const drift = 1 + ((this.world.driftShare ?? 0) * this.agenda.nowMs) / this.endMs
    const busy = this.busy.get(`${service.name} ${pod}`) ?? 0
    const crowd = service.slowsAt === undefined ? 1 : Math.max(1, busy / service.slowsAt)
    const ms = spreadMs(medianMs, this.seed, `${place.trace}${place.path}`)
    return ms * drift * crowd * (isSlow ? fault.times : 1)
  }

  #isOn(): boolean {
    return this.agenda.nowMs >= this.chaosMs[0] && this.agenda.nowMs < this.chaosMs[1]
  }

  service(name: string): Service {
    const service = this.#services.get(name)
    if (service === undefined)
      throw new Error(`A call goes to a service of the world: current value is ${name}`)
    return service
  }

  podFor(service: Service, place: Place): string {
    const pods = service.pods ?? 1
    return `${service.name}-${Math.floor(luckOf(this.seed, `${place.trace}${place.path} pod`) * pods)}`
  }

  /** A mechanism at work, for the truth. */
  note(kind: string, caller: string, callee: string, place: Place): void {
    // What happens inside a service without spans nobody can see.
    const isInside = kind === 'duplicate-work' || kind === 'load-shed'
    if (isInside && this.service(callee).quiet === true) return
    const key = `${kind} ${caller}>${callee}`
    const places = this.happened.get(key) ?? new Set<string>()
    this.happened.set(key, places.add(`${place.trace}${place.path}`))
  }

  measure(kind: string, what: string, caller: string, callee: string, place: Place, value: number): void {
    const key = `${kind} ${what} ${caller}>${callee}`
    const values = this.measured.get(key) ?? new Map<string, number>()
    this.measured.set(key, values.set(`${place.trace}${place.path}`, value))
  }

  sent(caller: string, callee: string, place: Place): void {
    this.#sentBy(caller, callee, place).attempts += 1
  }

  called(caller: string, callee: string, place: Place): void {
    this.#sentBy(caller, callee, place).calls += 1
  }

  #sentBy(caller: string, callee: string, { trace }: Place): Sent {
    const byTrace = this.sentOn.get(`${caller}>${callee}`) ?? new Map<string, Sent>()
    this.sentOn.set(`${caller}>${callee}`, byTrace)
    const sent = byTrace.get(trace) ?? { attempts: 0, calls: 0 }
    byTrace.set(trace, sent)
    return sent
  }

  wrote({ trace, path }: Place): void {
    const paths = this.#writes.get(trace) ?? []
    this.#writes.set(trace, paths)
    paths.push(path)
  }

  /** A good answer; for nobody where the caller had left before. */
  answered(caller: string, callee: string, place: Place, leftMs: number | undefined): void {
    this.measure('answer', 'good', caller, callee, place, 1)
    // What is done by then was under way when the caller left.
    if (leftMs === undefined || this.agenda.nowMs <= leftMs + 2) return
    this.note('duplicate-work', caller, callee, place)
    if (this.service(callee).quiet === true) return
    const wrote = (this.#writes.get(place.trace) ?? []).some((path) => path.startsWith(place.path))
    this.measure('duplicate-work', 'sideEffects', caller, callee, place, wrote ? 1 : 0)
    this.measure('duplicate-work', 'afterMs', caller, callee, place, this.agenda.nowMs - leftMs)
  }

  span(
    service: Service,
    pod: string,
    told: Pick<SpanInput, 'traceId' | 'spanId' | 'parentSpanId' | 'name' | 'kind'> & {
      readonly startMs: number
      readonly endMs: number
      readonly isError: boolean
      readonly attributes: Readonly<Record<string, string | number>>
      readonly exception: string | undefined
    },
  ): void {
    const { startMs, endMs, isError, exception, ...span } = told
    if (service.quiet === true) return
    if (luckOf(this.seed, `${span.traceId}${span.spanId} lost`) < (this.world.lostShare ?? 0)) return
    const at = (ms: number): bigint =>
      BigInt(Math.round((EPOCH_MS + ms + (service.skewMs ?? 0)) * 1000)) * 1000n
    const [type, message] = exception?.split(':') ?? []
    const link = span.kind === 5 ? this.links.get(span.traceId) : undefined
    this.spans.push({
      service: service.name,
      pod,
      span: {
        ...span,
        ...{ startNs: at(startMs), endNs: at(endMs), status: isError ? 2 : 0 },
        ...(link === undefined ? {} : { links: [link] }),
        ...(exception === undefined
          ? {}
          : {
              events: [
                {
                  name: 'exception',
                  timeNs: at(endMs),
                  attributes: { 'exception.type': type, 'exception.message': message },
                },
              ],
            }),
      },
    })
  }
}

function isHit(fault: Fault, service: Service, pod: string): boolean {
  return fault.pods === undefined || Number(pod.slice(service.name.length + 1)) < fault.pods
}
