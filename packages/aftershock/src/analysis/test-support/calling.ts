import { type BreakerState, closedBreaker, type End, isRejecting, settleBreaker } from './breaker-state.ts'
import { luckOf } from './luck.ts'
import type { Place, Scene } from './scene.ts'
import { clientAttributes, idOf } from './span-words.ts'
import type { Call, Service } from './world.ts'

export type Answer = { readonly status: number }

export type Serve = (name: string, op: string, place: Place, reply: (answer: Answer) => void) => void

const NET_MS = 0.3
const HANGS_MS = 15_000

/** How callers call: breakers, attempts, hedges, limits. State (the breakers') outlives a call. */
export class Calling {
  readonly #scene: Scene
  readonly #serve: Serve
  readonly #breakers = new Map<string, BreakerState>()

  constructor(scene: Scene, serve: Serve) {
    this.#scene = scene
    this.#serve = serve
  }

  /** A logical call: breaker, attempts, hedge. */
  call(service: Service, pod: string, call: Call, place: Place, done: (end: End) => void): void {
    const state = this.#breaker(service.name, pod, call)
    if (isRejecting(state, this.#scene.agenda.nowMs)) {
      this.#scene.note('circuit-breaker', service.name, call.to, place)
      this.#scene.agenda.at(this.#scene.agenda.nowMs + 0.05, () => done('rejected'))
      return
    }
    const settle = (end: End): void => {
      if (state !== undefined && call.breaker !== undefined)
        settleBreaker(state, call.breaker, end, this.#scene.agenda.nowMs)
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
    const says = (what: string, value: number): void =>
      this.#scene.measure('retry', what, service.name, call.to, place, value)
    if (n === 1) this.#scene.called(service.name, call.to, place)
    if (n === 2) this.#scene.note('retry', service.name, call.to, place)
    this.#send(service, pod, call, { ...place, path: `${place.path}@${n}` }, (end) => {
      if (end === 'ok' || n >= (call.attempts ?? 1)) {
        if (n > 1) says('extraAttempts', n - 1)
        if (n > 1) says('rescued', end === 'ok' ? 1 : 0)
        done(end)
        return
      }
      const pauseMs =
        (call.backoffMs ?? 20) *
        (1 + 0.2 * luckOf(this.#scene.seed, `${place.trace}${place.path} pause ${n}`))
      says(`pause ${n}`, pauseMs)
      this.#scene.agenda.at(this.#scene.agenda.nowMs + pauseMs, () =>
        this.#attempt(service, pod, call, place, n + 1, done),
      )
    })
  }

  #hedged(service: Service, pod: string, call: Call, place: Place, done: (end: End) => void): void {
    const cancels: (() => void)[] = []
    let isDone = false
    const finish = (n: number, end: End): void => {
      if (isDone) return
      isDone = true
      for (const cancel of cancels) cancel()
      if (cancels.length > 1)
        this.#scene.measure('hedge', 'won', service.name, call.to, place, n === 2 && end === 'ok' ? 1 : 0)
      done(end)
    }
    const send = (n: number): void => {
      const at = { ...place, path: `${place.path}@${n}` }
      cancels.push(this.#send(service, pod, call, at, (end) => finish(n, end)))
    }
    this.#scene.called(service.name, call.to, place)
    send(1)
    this.#scene.agenda.at(this.#scene.agenda.nowMs + (call.hedgeAfterMs ?? 0), () => {
      if (isDone) return
      this.#scene.note('hedge', service.name, call.to, place)
      send(2)
    })
  }

  /** One attempt; returns what cuts it off. */
  #send(service: Service, pod: string, call: Call, place: Place, done: (end: End) => void): () => void {
    const startMs = this.#scene.agenda.nowMs
    const spanId = idOf(this.#scene.seed, `${place.trace} ${place.path} client`, 16)
    this.#scene.sent(service.name, call.to, place)
    if (/^(POST|PUT|PATCH|DELETE) /.test(call.op)) this.#scene.wrote(place)
    let isOver = false
    let endMs = 0
    const finish = (end: End, said: { readonly status?: number; readonly type?: string }): void => {
      if (isOver) return
      isOver = true
      endMs = this.#scene.agenda.nowMs
      this.#scene.span(service, pod, {
        ...{ traceId: place.trace, spanId, parentSpanId: place.parent, name: call.op.split(' ')[0], kind: 3 },
        ...{ startMs, endMs: this.#scene.agenda.nowMs, isError: end !== 'ok' },
        attributes: clientAttributes(call, said),
        exception: undefined,
      })
      done(end)
    }
    if (call.timeoutMs !== undefined) {
      this.#scene.agenda.at(startMs + call.timeoutMs, () => {
        if (isOver) return
        this.#scene.note('timeout', service.name, call.to, place)
        this.#scene.measure('timeout', 'limitMs', service.name, call.to, place, call.timeoutMs ?? 0)
        finish('timeout', { type: 'timeout' })
      })
    }
    const callee = { ...place, parent: spanId, caller: service.name }
    const met = this.#scene.meets(call, callee)
    if (met === 'refused')
      this.#scene.agenda.at(startMs + 0.5, () => finish('failed', { type: 'ECONNREFUSED' }))
    else if (met === 'lost')
      this.#scene.agenda.at(startMs + HANGS_MS, () => finish('failed', { type: 'ECONNRESET' }))
    else {
      this.#scene.agenda.at(startMs + NET_MS + met, () =>
        this.#serve(call.to, call.op, callee, ({ status }) => {
          if (status < 400) this.#scene.answered(service.name, call.to, place, isOver ? endMs : undefined)
          this.#scene.agenda.at(this.#scene.agenda.nowMs + NET_MS, () =>
            finish(status < 400 ? 'ok' : 'failed', { status }),
          )
        }),
      )
    }
    return () => finish('failed', { type: 'AbortError' })
  }

  #breaker(service: string, pod: string, call: Call): BreakerState | undefined {
    if (call.breaker === undefined) return undefined
    const key = `${service} ${pod} ${call.to}`
    const known = this.#breakers.get(key)
    if (known !== undefined) return known
    const state = closedBreaker()
    this.#breakers.set(key, state)
    this.#scene.spells.push({ caller: service, pod, callee: call.to, spells: state.spells })
    return state
  }
}
