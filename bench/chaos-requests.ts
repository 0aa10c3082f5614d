import type { Random } from '../packages/aftershock/src/model/random.ts'
import type { SpanInput } from '../packages/aftershock/src/model/span-input.ts'
import type { AttributeValue } from '../packages/aftershock/src/model/span-table.ts'
import type { Windows } from '../packages/aftershock/src/model/window.ts'

export const EPOCH_NS = 1_767_225_600_000_000_000n
const PHASE_S = 600
/** One in three is tried three times: on average. */
const SPANS_A_REQUEST = 21

export const CHAOS_WINDOWS: Windows = {
  experiments: [
    {
      name: 'payment-latency',
      kind: 'NetworkChaos',
      action: 'delay',
      mode: 'all',
      targets: [{ service: 'payment', namespace: undefined, pods: [] }],
      parameters: { latencyMs: 500 },
    },
  ],
  baseline: [interval(0)],
  chaos: [interval(1)],
  recovery: [interval(2)],
}

function interval(phase: number): { startNs: bigint; endNs: bigint } {
  const at = (seconds: number): bigint => EPOCH_NS + BigInt(seconds) * 1_000_000_000n
  return { startNs: at(phase * PHASE_S), endNs: at((phase + 1) * PHASE_S) }
}

export const SERVICES = ['web', 'gateway', 'checkout', 'order', 'payment', 'inventory', 'catalog']
export const PODS_A_SERVICE = 3

export type ChaosSpan = { readonly service: string; readonly pod: number; readonly span: SpanInput }

/**
 * Requests through web, gateway, checkout, order, payment with its database, inventory; payment is late in the second
 * phase. About so many spans, a request at a time; the same random numbers give the same.
 */
export function* chaosRequests(spans: number, random: Random): Generator<readonly ChaosSpan[]> {
  const requests = Math.ceil(spans / SPANS_A_REQUEST)
  for (let r = 0; r < requests; r++) {
    const atMs = (r / requests) * PHASE_S * 3 * 1000
    const late = atMs >= PHASE_S * 1000 && atMs < PHASE_S * 2000
    yield new Request(random, r + 1, atMs).checkout(late ? 'late' : 'in time')
  }
}

type Attributes = Readonly<Record<string, AttributeValue>>

class Request {
  readonly #spans: ChaosSpan[] = []
  readonly #random: Random
  readonly #trace: string
  readonly #atMs: number

  constructor(random: Random, id: number, atMs: number) {
    this.#random = random
    this.#trace = (BigInt(id) * 0x9e3779b97f4a7c15n).toString(16).padStart(32, '0').slice(-32)
    this.#atMs = atMs
  }

  checkout(payment: 'late' | 'in time'): readonly ChaosSpan[] {
    const late = payment === 'late'
    const paid = late ? 400 : 8 + this.#random() * 10
    const total = (late ? 3 * 400 + 60 : paid) + 60 + this.#random() * 20
    const status = late ? 503 : 200
    let up = this.#server('web', '', 0, total, status)
    let at = 1
    for (const [from, to] of [
      ['web', 'gateway'],
      ['gateway', 'checkout'],
      ['checkout', 'order'],
    ] as const) {
      up = this.#call(from, to, up, at, total - 2 * at, status)
      at += 2
    }
    for (let i = 0; i < 3; i++) {
      const stock = this.#call('order', 'inventory', up, at, 5 + this.#random() * 3, 200)
      this.#db('inventory', stock, at + 1, 2)
      at += 9
    }
    for (let attempt = 0; attempt < (late ? 3 : 1); attempt++) {
      const pay = this.#call('order', 'payment', up, at, paid, late ? 0 : 200, late ? 510 : paid - 1)
      this.#db('payment', pay, at + 2, 3)
      at += paid + 20
    }
    return this.#spans
  }

  #call(
    from: string,
    to: string,
    up: string,
    at: number,
    took: number,
    status: number,
    worked = took - 1,
  ): string {
    const call = this.#add(from, up, 3, `GET ${to}`, at, took, status, { 'server.address': to })
    return this.#server(to, call, at + 0.5, worked, status === 0 ? 200 : status)
  }

  #server(service: string, up: string, at: number, took: number, status: number): string {
    return this.#add(service, up, 2, `GET /${service}`, at, took, status, { 'http.route': `/${service}` })
  }

  #db(service: string, up: string, at: number, took: number): void {
    this.#add(service, up, 3, 'SELECT items', at, took, -1, {
      'db.system.name': 'postgresql',
      'server.address': 'db',
    })
  }

  #add(
    service: string,
    up: string,
    kind: number,
    name: string,
    at: number,
    took: number,
    status: number,
    more: Readonly<Record<string, string>>,
  ): string {
    const spanId = (this.#spans.length + 1).toString(16).padStart(16, '0')
    const startNs = EPOCH_NS + BigInt(Math.round((this.#atMs + at) * 1e6))
    const http: Attributes = status === -1 ? {} : { 'http.request.method': 'GET' }
    const timedOut: Attributes = status === 0 ? { 'error.type': 'TimeoutError' } : {}
    const answer: Attributes = status > 0 ? { 'http.response.status_code': status } : {}
    const span = {
      traceId: this.#trace,
      spanId,
      parentSpanId: up,
      name,
      kind,
      startNs,
      endNs: startNs + BigInt(Math.round(took * 1e6)),
      status: status === 0 || status >= 500 ? 2 : 0,
      attributes: { ...http, ...answer, ...more, ...timedOut },
    }
    this.#spans.push({ service, pod: Math.floor(this.#random() * PODS_A_SERVICE), span })
    return spanId
  }
}
