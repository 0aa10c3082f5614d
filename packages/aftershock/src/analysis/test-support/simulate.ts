import type { SpanInput } from '../../model/span-input.ts'
import { Agenda } from './agenda.ts'
import { type BreakerState, type End, isRejecting, settleBreaker } from './breaker-state.ts'
import { luckOf, spreadMs } from './luck.ts'
import { clientAttributes, idOf, serverAttributes } from './span-words.ts'
import type { Call, Fault, Service, Step, World } from './world.ts'

export const EPOCH_MS = 1_767_225_600_000

export type SimulatedSpan = { readonly service: string; readonly pod: string; readonly span: SpanInput }

export type Request = {
  readonly traceId: string
  readonly entry: string
  readonly startMs: number
  readonly durationMs: number
  readonly failed: boolean
}

export type Simulated = {
  readonly spans: readonly SimulatedSpan[]
  readonly requests: readonly Request[]
  /** `kind caller>callee` → where it happened, by request and path: the same names in both worlds. */
  readonly happened: ReadonlyMap<string, ReadonlySet<string>>
}

export type Times = { readonly baselineS: number; readonly chaosS: number; readonly recoveryS: number }

export function timesOf(world: World): Times {
  return {
    baselineS: world.baselineS ?? 40,
    chaosS: world.chaosS ?? 30,
    recoveryS: world.recoveryS ?? 20,
  }
}

/** Runs a world from a seed; `withFault: 'no'` is the same luck without what is broken. */
export function simulate(world: World, seed: number, withFault: 'yes' | 'no'): Simulated {
  return new Simulation(world, seed, withFault === 'yes' ? world.fault : undefined).run()
}

/** Where in which request something happens; draws are named by it. */
type Place = {
  readonly trace: string
  readonly path: string
  readonly parent: string | undefined
  /** Calls of the request that it went on without: fallbacks if it ends well. */
  readonly waived: Place[]
}
type Answer = { readonly status: number }

const NET_MS = 0.3
const HANGS_MS = 15_000

class Simulation {
  readonly #world: World
  readonly #seed: number
  readonly #fault: Fault | undefined
  readonly #agenda = new Agenda()
  readonly #services: ReadonlyMap<string, Service>
  readonly #spans: SimulatedSpan[] = []
  readonly #requests: Request[] = []
  readonly #happened = new Map<string, Set<string>>()
  readonly #breakers = new Map<string, BreakerState>()
  readonly #busy = new Map<string, number>()
  readonly #links = new Map<string, { readonly traceId: string; readonly spanId: string }>()
  readonly #chaos: readonly [number, number]
  readonly #endMs: number

  constructor(world: World, seed: number, fault: Fault | undefined) {
    const { baselineS, chaosS, recoveryS } = timesOf(world)
    this.#world = world
    this.#seed = seed
    this.#fault = fault
    this.#services = new Map(world.services.map((service) => [service.name, service]))
    this.#chaos = [baselineS * 1000, (baselineS + chaosS) * 1000]
    this.#endMs = (baselineS + chaosS + recoveryS) * 1000
  }

  run(): Simulated {
    this.#world.entries.forEach(({ service, op, rps }, e) => {
      let n = 0
      for (let at = 5; at < this.#endMs - 1000; n++) {
        const traceId = idOf(this.#seed, `${e}:${n}`, 32)
        this.#agenda.at(at, () => this.#request(service, op, traceId))
        const isChaos = at >= this.#chaos[0] && at < this.#chaos[1]
        const perMs = (rps / 1000) * (isChaos ? (this.#world.chaosTrafficX ?? 1) : 1)
        at += -Math.log(1 - luckOf(this.#seed, `arrival ${e}:${n}`)) / perMs
      }
    })
    this.#agenda.run()
    return { spans: this.#spans, requests: this.#requests, happened: this.#happened }
  }

  #request(service: string, op: string, traceId: string): void {
    const startMs = this.#agenda.nowMs
    const place = { trace: traceId, path: `${service} ${op}`, parent: undefined, waived: [] }
    this.#serve(service, op, place, ({ status }) => {
      this.#requests.push({
        traceId,
        entry: `${service} ${op}`,
        startMs,
        durationMs: this.#agenda.nowMs - startMs,
        failed: status >= 500 || status === 429,
      })
    })
  }

  #serve(name: string, op: string, place: Place, reply: (answer: Answer) => void): void {
    const service = this.#service(name)
    const startMs = this.#agenda.nowMs
    const spanId = idOf(this.#seed, `${place.trace} ${place.path} server`, 16)
    const pod = this.#podFor(service, place)
    const key = `${name} ${pod}`
    const end = (status: number, said?: string): void => {
      this.#span(service, pod, {
        ...{ traceId: place.trace, spanId, parentSpanId: place.parent, name: op },
        kind: op.startsWith('on ') ? 5 : 2,
        ...{ startMs, endMs: this.#agenda.nowMs, isError: status >= 500 },
        attributes: serverAttributes(op, status),
        exception: said,
      })
      reply({ status })
    }
    if (service.room !== undefined && (this.#busy.get(key) ?? 0) >= service.room) {
      this.#note('load-shed', '', name, place)
      this.#agenda.at(startMs + 0.1, () => end(503))
      return
    }
    this.#busy.set(key, (this.#busy.get(key) ?? 0) + 1)
    const waived: Place[] = []
    const done = (status: number, said?: string): void => {
      this.#busy.set(key, (this.#busy.get(key) ?? 1) - 1)
      // Who fails all the same had no fallback.
      if (status < 400) for (const one of waived) this.#note('fallback', name, lastWord(one.path), one)
      end(status, said)
    }
    if (this.#failsByItself(service, pod, place)) {
      this.#agenda.at(startMs + spreadMs(1, this.#seed, place.path), () => done(500, 'Bug:broken'))
      return
    }
    this.#steps(service, pod, service.ops[op] ?? [], 0, { ...place, parent: spanId, waived }, done)
  }

  #steps(
    service: Service,
    pod: string,
    steps: readonly Step[],
    i: number,
    place: Place,
    done: (status: number, said?: string) => void,
  ): void {
    const step = steps[i]
    if (step === undefined) {
      done(200)
      return
    }
    const next = (): void => this.#steps(service, pod, steps, i + 1, place, done)
    const at: Place = { ...place, path: `${place.path}/${i}` }
    const afterCall = (call: Call, end: End): void => {
      if (end === 'ok') {
        next()
        return
      }
      if (call.fallback === true) {
        place.waived.push({ ...at, path: `${at.path} ${call.to}` })
        next()
        return
      }
      const speaks = end === 'rejected' && call.breaker?.speaks === true
      done(end === 'timeout' ? 504 : 503, speaks ? `Error:Breaker to ${call.to} is open` : undefined)
    }
    if ('workMs' in step)
      this.#agenda.at(this.#agenda.nowMs + this.#workMs(service, pod, step.workMs, at), next)
    else if ('call' in step) this.#call(service, pod, step.call, at, (end) => afterCall(step.call, end))
    else if ('loop' in step) this.#loop(service, pod, step.loop, step.times, at, afterCall, next)
    else if ('together' in step)
      this.#together(service, pod, step.together, at, (status) => (status === 200 ? next() : done(status)))
    else {
      this.#publish(service, pod, step.publish, at)
      next()
    }
  }

  #loop(
    service: Service,
    pod: string,
    call: Call,
    times: number,
    place: Place,
    afterCall: (call: Call, end: End) => void,
    next: () => void,
  ): void {
    if (times === 0) {
      next()
      return
    }
    this.#call(service, pod, call, { ...place, path: `${place.path}.${times}` }, (end) =>
      end === 'ok' ? this.#loop(service, pod, call, times - 1, place, afterCall, next) : afterCall(call, end),
    )
  }

  #together(
    service: Service,
    pod: string,
    calls: readonly Call[],
    place: Place,
    done: (status: number) => void,
  ): void {
    let [left, status] = [calls.length, 200]
    calls.forEach((call, i) => {
      this.#call(service, pod, call, { ...place, path: `${place.path}+${i}` }, (end) => {
        if (end !== 'ok' && call.fallback === true)
          place.waived.push({ ...place, path: `${place.path}+${i} ${call.to}` })
        else if (end !== 'ok') status = end === 'timeout' ? 504 : 503
        left -= 1
        if (left === 0) done(status)
      })
    })
  }

  /** A logical call: breaker, attempts, hedge. */
  #call(service: Service, pod: string, call: Call, place: Place, done: (end: End) => void): void {
    const state = this.#breaker(service.name, pod, call)
    if (isRejecting(state, this.#agenda.nowMs)) {
      this.#note('circuit-breaker', service.name, call.to, place)
      this.#agenda.at(this.#agenda.nowMs + 0.05, () => done('rejected'))
      return
    }
    const settle = (end: End): void => {
      if (state !== undefined && call.breaker !== undefined)
        settleBreaker(state, call.breaker, end, this.#agenda.nowMs)
      done(end)
    }
    if (call.hedgeAfterMs !== undefined) this.#hedged(service, pod, call, place, settle)
    else this.#attempt(service, pod, call, place, 1, settle)
  }

  #attempt(
    service: Service,
    pod: string,
    call: Call,
    place: Place,
    n: number,
    done: (end: End) => void,
  ): void {
    if (n === 2) this.#note('retry', service.name, call.to, place)
    this.#send(service, pod, call, { ...place, path: `${place.path}@${n}` }, (end) => {
      if (end === 'ok' || n >= (call.attempts ?? 1)) {
        done(end)
        return
      }
      const pauseMs =
        (call.backoffMs ?? 20) * (1 + 0.2 * luckOf(this.#seed, `${place.trace}${place.path} pause ${n}`))
      this.#agenda.at(this.#agenda.nowMs + pauseMs, () =>
        this.#attempt(service, pod, call, place, n + 1, done),
      )
    })
  }

  #hedged(service: Service, pod: string, call: Call, place: Place, done: (end: End) => void): void {
    const cancels: (() => void)[] = []
    let isDone = false
    const finish = (end: End): void => {
      if (isDone) return
      isDone = true
      for (const cancel of cancels) cancel()
      done(end)
    }
    const send = (n: number): void => {
      cancels.push(this.#send(service, pod, call, { ...place, path: `${place.path}@${n}` }, finish))
    }
    send(1)
    this.#agenda.at(this.#agenda.nowMs + (call.hedgeAfterMs ?? 0), () => {
      if (isDone) return
      this.#note('hedge', service.name, call.to, place)
      send(2)
    })
  }

  /** One attempt; returns what cuts it off. */
  #send(service: Service, pod: string, call: Call, place: Place, done: (end: End) => void): () => void {
    const startMs = this.#agenda.nowMs
    const spanId = idOf(this.#seed, `${place.trace} ${place.path} client`, 16)
    let isOver = false
    const finish = (end: End, said: { readonly status?: number; readonly type?: string }): void => {
      if (isOver) return
      isOver = true
      this.#span(service, pod, {
        ...{ traceId: place.trace, spanId, parentSpanId: place.parent, name: call.op.split(' ')[0], kind: 3 },
        ...{ startMs, endMs: this.#agenda.nowMs, isError: end !== 'ok' },
        attributes: clientAttributes(call, said),
        exception: undefined,
      })
      done(end)
    }
    if (call.timeoutMs !== undefined) {
      this.#agenda.at(startMs + call.timeoutMs, () => {
        if (isOver) return
        this.#note('timeout', service.name, call.to, place)
        finish('timeout', { type: 'timeout' })
      })
    }
    const callee = { ...place, parent: spanId }
    const met = this.#meets(call, callee)
    if (met === 'refused') this.#agenda.at(startMs + 0.5, () => finish('failed', { type: 'ECONNREFUSED' }))
    else if (met === 'lost')
      this.#agenda.at(startMs + HANGS_MS, () => finish('failed', { type: 'ECONNRESET' }))
    else {
      this.#agenda.at(startMs + NET_MS + met, () =>
        this.#serve(call.to, call.op, callee, ({ status }) => {
          if (isOver && status < 400) this.#note('duplicate-work', service.name, call.to, place)
          this.#agenda.at(this.#agenda.nowMs + NET_MS, () =>
            finish(status < 400 ? 'ok' : 'failed', { status }),
          )
        }),
      )
    }
    return () => finish('failed', { type: 'AbortError' })
  }

  /** What the fault does to an attempt on its way: ms added, or that it never arrives. */
  #meets(call: Call, place: Place): number | 'refused' | 'lost' {
    const fault = this.#fault
    if (fault === undefined || !this.#isOn() || fault.service !== call.to) return 0
    const target = this.#service(fault.service)
    if (!isHit(fault, target, this.#podFor(target, place))) return 0
    if (fault.kind === 'delay') return spreadMs(fault.ms, this.#seed, `${place.trace}${place.path} fault`)
    if (fault.kind === 'loss')
      return luckOf(this.#seed, `${place.trace}${place.path} fault`) < fault.share ? 'lost' : 0
    if (fault.kind === 'kill') return this.#agenda.nowMs < this.#chaos[0] + fault.downMs ? 'refused' : 0
    return 0
  }

  #failsByItself(service: Service, pod: string, place: Place): boolean {
    const { incident, errorShare } = this.#world
    const draw = (what: string): number => luckOf(this.#seed, `${place.trace}${place.path} ${what}`)
    if (draw('error') < (errorShare ?? 0)) return true
    const late = this.#agenda.nowMs >= this.#chaos[0]
    if (incident?.service === service.name && late && draw('incident') < incident.share) return true
    const fault = this.#fault
    if (fault?.kind !== 'error' || fault.service !== service.name || !this.#isOn()) return false
    return isHit(fault, service, pod) && draw('fault') < fault.share
  }

  #workMs(service: Service, pod: string, medianMs: number, place: Place): number {
    const fault = this.#fault
    const isSlow =
      fault?.kind === 'slow' && fault.service === service.name && this.#isOn() && isHit(fault, service, pod)
    const drift = 1 + ((this.#world.driftShare ?? 0) * this.#agenda.nowMs) / this.#endMs
    const busy = this.#busy.get(`${service.name} ${pod}`) ?? 0
    const crowd = service.slowsAt === undefined ? 1 : Math.max(1, busy / service.slowsAt)
    const ms = spreadMs(medianMs, this.#seed, `${place.trace}${place.path}`)
    return ms * drift * crowd * (isSlow ? fault.times : 1)
  }

  #publish(service: Service, pod: string, topic: string, place: Place): void {
    const startMs = this.#agenda.nowMs
    const spanId = idOf(this.#seed, `${place.trace} ${place.path} producer`, 16)
    this.#span(service, pod, {
      ...{ traceId: place.trace, spanId, parentSpanId: place.parent, name: `${topic} publish`, kind: 4 },
      ...{ startMs, endMs: startMs + 0.5, isError: false },
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.name': topic,
        'messaging.operation.type': 'send',
      },
      exception: undefined,
    })
    const consumer = this.#world.services.find((one) => one.ops[`on ${topic}`] !== undefined)
    if (consumer === undefined) return
    const trace = idOf(this.#seed, `message ${place.trace} ${place.path}`, 32)
    this.#links.set(trace, { traceId: place.trace, spanId })
    this.#agenda.at(startMs + spreadMs(5, this.#seed, `${trace} queue`), () =>
      this.#serve(
        consumer.name,
        `on ${topic}`,
        { trace, path: 'message', parent: undefined, waived: [] },
        () => undefined,
      ),
    )
  }

  #isOn(): boolean {
    return this.#agenda.nowMs >= this.#chaos[0] && this.#agenda.nowMs < this.#chaos[1]
  }

  #service(name: string): Service {
    const service = this.#services.get(name)
    if (service === undefined)
      throw new Error(`A call goes to a service of the world: current value is ${name}`)
    return service
  }

  #podFor(service: Service, place: Place): string {
    const pods = service.pods ?? 1
    return `${service.name}-${Math.floor(luckOf(this.#seed, `${place.trace}${place.path} pod`) * pods)}`
  }

  #breaker(service: string, pod: string, call: Call): BreakerState | undefined {
    if (call.breaker === undefined) return undefined
    const key = `${service} ${pod} ${call.to}`
    const state = this.#breakers.get(key) ?? { failures: 0, openUntilMs: 0, isProbing: false }
    this.#breakers.set(key, state)
    return state
  }

  #note(kind: string, caller: string, callee: string, place: Place): void {
    // What happens inside a service without spans nobody can see.
    const isInside = kind === 'duplicate-work' || kind === 'load-shed'
    if (isInside && this.#service(callee).quiet === true) return
    const key = `${kind} ${caller}>${callee}`
    const places = this.#happened.get(key) ?? new Set<string>()
    this.#happened.set(key, places.add(`${place.trace}${place.path}`))
  }

  #span(
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
    if (luckOf(this.#seed, `${span.traceId}${span.spanId} lost`) < (this.#world.lostShare ?? 0)) return
    const at = (ms: number): bigint =>
      BigInt(Math.round((EPOCH_MS + ms + (service.skewMs ?? 0)) * 1000)) * 1000n
    const [type, message] = exception?.split(':') ?? []
    const link = span.kind === 5 ? this.#links.get(span.traceId) : undefined
    this.#spans.push({
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

function lastWord(text: string): string {
  return text.slice(text.lastIndexOf(' ') + 1)
}

function isHit(fault: Fault, service: Service, pod: string): boolean {
  return fault.pods === undefined || Number(pod.slice(service.name.length + 1)) < fault.pods
}
