import type { End } from './breaker-state.ts'
import { Calling } from './calling.ts'
import { Inbox } from './inbox.ts'
import { luckOf, spreadMs } from './luck.ts'
import { type Place, Scene, type SimulatedSpan } from './scene.ts'
import { idOf, serverAttributes } from './span-words.ts'
import type { Call, Fault, Service, Step, World } from './world.ts'

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
} & Pick<Scene, 'measured' | 'visits' | 'spells' | 'sentOn' | 'messages'>

/** Runs a world from a seed; `withFault: 'no'` is the same luck without what is broken. */
export function simulate(world: World, seed: number, withFault: 'yes' | 'no'): Simulated {
  return new Simulation(world, seed, withFault === 'yes' ? world.fault : undefined).run()
}

class Simulation {
  readonly #scene: Scene
  readonly #calling: Calling
  readonly #requests: Request[] = []
  /** By pod. */
  readonly #inboxes = new Map<string, Inbox>()

  constructor(world: World, seed: number, fault: Fault | undefined) {
    this.#scene = new Scene(world, seed, fault)
    this.#calling = new Calling(this.#scene, (name, op, place, reply) => this.#serve(name, op, place, reply))
  }

  run(): Simulated {
    this.#scene.world.entries.forEach(({ service, op, rps }, e) => {
      let n = 0
      for (let at = 5; at < this.#scene.endMs - 1000; n++) {
        const traceId = idOf(this.#scene.seed, `${e}:${n}`, 32)
        this.#scene.agenda.at(at, () => this.#request(service, op, traceId))
        const isChaos = at >= this.#scene.chaosMs[0] && at < this.#scene.chaosMs[1]
        const perMs = (rps / 1000) * (isChaos ? (this.#scene.world.chaosTrafficX ?? 1) : 1)
        at += -Math.log(1 - luckOf(this.#scene.seed, `arrival ${e}:${n}`)) / perMs
      }
    })
    this.#scene.agenda.run()
    const { spans, happened, measured, visits, spells, sentOn, messages } = this.#scene
    return { requests: this.#requests, spans, happened, measured, visits, spells, sentOn, messages }
  }

  #request(service: string, op: string, traceId: string): void {
    const startMs = this.#scene.agenda.nowMs
    const place = { trace: traceId, path: `${service} ${op}`, parent: undefined, waived: [] }
    this.#serve(service, op, place, ({ status }) => {
      this.#requests.push({
        traceId,
        entry: `${service} ${op}`,
        startMs,
        durationMs: this.#scene.agenda.nowMs - startMs,
        failed: status >= 500 || status === 429,
      })
    })
  }

  #serve(name: string, op: string, place: Place, reply: (answer: { readonly status: number }) => void): void {
    const service = this.#scene.service(name)
    const startMs = this.#scene.agenda.nowMs
    const spanId = idOf(this.#scene.seed, `${place.trace} ${place.path} server`, 16)
    const pod = this.#scene.podFor(service, place)
    const key = `${name} ${pod}`
    const end = (status: number, said?: string): void => {
      this.#scene.visits.set(`${place.trace}${place.path}`, {
        ...{ service: name, op, startMs, endMs: this.#scene.agenda.nowMs, failed: status >= 500 },
      })
      this.#scene.span(service, pod, {
        ...{ traceId: place.trace, spanId, parentSpanId: place.parent, name: op },
        kind: op.startsWith('on ') ? 5 : 2,
        ...{ startMs, endMs: this.#scene.agenda.nowMs, isError: status >= 500 },
        attributes: serverAttributes(op, status),
        exception: said,
      })
      reply({ status })
    }
    if (service.room !== undefined && (this.#scene.busy.get(key) ?? 0) >= service.room) {
      this.#scene.note('load-shed', '', name, place)
      this.#scene.agenda.at(startMs + 0.1, () => end(503))
      return
    }
    const waived: Place[] = []
    const done = (status: number, said?: string): void => {
      this.#scene.busy.set(key, (this.#scene.busy.get(key) ?? 1) - 1)
      this.#scene.waiting.get(key)?.shift()?.()
      // Who fails with the same step had no fallback.
      if (status < 400) for (const one of waived) this.#scene.note('fallback', name, lastWord(one.path), one)
      end(status, said)
    }
    this.#inTurn(service, key, place, () => {
      this.#scene.busy.set(key, (this.#scene.busy.get(key) ?? 0) + 1)
      if (this.#scene.failsByItself(service, pod, place)) {
        const now = this.#scene.agenda.nowMs
        this.#scene.agenda.at(now + spreadMs(1, this.#scene.seed, place.path), () => done(500, 'Bug:broken'))
        return
      }
      this.#steps(service, pod, service.ops[op] ?? [], 0, { ...place, parent: spanId, waived }, done)
    })
  }

  /** At once where there is room, else when one who was there before is done. */
  #inTurn(service: Service, key: string, place: Place, start: () => void): void {
    if (service.slots === undefined || (this.#scene.busy.get(key) ?? 0) < service.slots) {
      start()
      return
    }
    const sinceMs = this.#scene.agenda.nowMs
    const queue = this.#scene.waiting.get(key) ?? []
    this.#scene.waiting.set(key, queue)
    queue.push(() => {
      const caller = place.caller ?? 'users'
      this.#scene.note('queueing', caller, service.name, place)
      this.#scene.measure(
        'queueing',
        'waitedMs',
        caller,
        service.name,
        place,
        this.#scene.agenda.nowMs - sinceMs,
      )
      start()
    })
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
      this.#wentOn(service, at, place.waived)
      const speaks = end === 'rejected' && call.breaker?.speaks === true
      done(end === 'timeout' ? 504 : 503, speaks ? `Error:Breaker to ${call.to} is open` : undefined)
    }
    if ('workMs' in step)
      this.#scene.agenda.at(
        this.#scene.agenda.nowMs + this.#scene.workMs(service, pod, step.workMs, at),
        next,
      )
    else if ('call' in step)
      this.#calling.call(service, pod, step.call, at, (end) => afterCall(step.call, end))
    else if ('loop' in step) this.#loop(service, pod, step.loop, step.times, at, afterCall, next)
    else if ('together' in step)
      this.#together(service, pod, step.together, at, (status) => {
        if (status !== 200) this.#wentOn(service, at, place.waived)
        if (status === 200) next()
        else done(status)
      })
    else {
      this.#publish(service, pod, step.publish, step.afterMs ?? 0, at)
      next()
    }
  }

  /** It fails at this step: what it did without before had a fallback all the same. */
  #wentOn(service: Service, at: Place, waived: readonly Place[]): void {
    for (const one of waived)
      if (!one.path.startsWith(at.path)) this.#scene.note('fallback', service.name, lastWord(one.path), one)
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
    this.#calling.call(service, pod, call, { ...place, path: `${place.path}.${times}` }, (end) =>
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
      this.#calling.call(service, pod, call, { ...place, path: `${place.path}+${i}` }, (end) => {
        if (end !== 'ok' && call.fallback === true)
          place.waived.push({ ...place, path: `${place.path}+${i} ${call.to}` })
        else if (end !== 'ok') status = end === 'timeout' ? 504 : 503
        left -= 1
        if (left === 0) done(status)
      })
    })
  }

  #publish(service: Service, pod: string, topic: string, afterMs: number, place: Place): void {
    const startMs = this.#scene.agenda.nowMs
    this.#scene.wrote(place)
    const spanId = idOf(this.#scene.seed, `${place.trace} ${place.path} producer`, 16)
    this.#scene.span(service, pod, {
      ...{ traceId: place.trace, spanId, parentSpanId: place.parent, name: `${topic} publish`, kind: 4 },
      ...{ startMs, endMs: startMs + 0.5, isError: false },
      attributes: {
        'messaging.system': 'kafka',
        'messaging.destination.name': topic,
        'messaging.operation.type': 'send',
      },
      exception: undefined,
    })
    const consumer = this.#scene.world.services.find((one) => one.ops[`on ${topic}`] !== undefined)
    if (consumer === undefined) return
    const trace = idOf(this.#scene.seed, `message ${place.trace} ${place.path}`, 32)
    this.#scene.links.set(trace, { traceId: place.trace, spanId })
    const received = { trace, path: 'message', parent: undefined, waived: [] }
    const take = (done: () => void): void => this.#serve(consumer.name, `on ${topic}`, received, done)
    this.#scene.agenda.at(startMs + afterMs + spreadMs(5, this.#scene.seed, `${trace} queue`), () => {
      if (consumer.takes === undefined) take(() => undefined)
      else
        this.#inboxOf(consumer, this.#scene.podFor(consumer, received)).arrive({
          trace,
          sentMs: startMs,
          take,
        })
    })
  }

  #inboxOf(service: Service, pod: string): Inbox {
    const known = this.#inboxes.get(pod) ?? new Inbox(this.#scene, service, pod)
    this.#inboxes.set(pod, known)
    return known
  }
}

function lastWord(text: string): string {
  return text.slice(text.lastIndexOf(' ') + 1)
}
