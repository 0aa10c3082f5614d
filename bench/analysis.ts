// node bench/analysis.ts [--spans 1000000] [--runs 5] [--threads 1,2] [--spool] [--steps]
// Speed of the whole analysis over a generated table (seeded: the same spans each time), by stage, and in several
// threads; with --spool over spans in a file, so that memory must not grow with their number; with --steps by step:
// CPU ms before it, then in each thread. Wall times tell only on an idle machine; CPU times also hold on a busy one. The first run of each
// includes reading and compiling the code.
import { parseArgs } from 'node:util'
import { analysis, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import type { CrewSpans } from '../packages/aftershock/src/crew/crew-hand.ts'
import { SpanSpool } from '../packages/aftershock/src/crew/span-spool.ts'
import { type StepWorked, startThreadCrew } from '../packages/aftershock/src/crew/thread-crew.ts'
import { forkRandom, type Random } from '../packages/aftershock/src/model/random.ts'
import type { AttributeValue, SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../packages/aftershock/src/model/span-table-builder.ts'
import type { Windows } from '../packages/aftershock/src/model/window.ts'

const EPOCH_NS = 1_767_225_600_000_000_000n
const PHASE_S = 600

type Attributes = Readonly<Record<string, AttributeValue>>

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1,2' },
    spool: { type: 'boolean', default: false },
    steps: { type: 'boolean', default: false },
  },
})
const windows: Windows = {
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

/** Takes spans when there are many; with it, the table that is returned has none. */
type Taking = { readonly spool: SpanSpool; readonly chunk: number }

/** Requests through web, gateway, checkout, order, payment with its database, inventory; payment is late in the second phase. */
function generate(spans: number, random: Random, taking?: Taking): SpanTable {
  const builder = new SpanTableBuilder({ epochNs: EPOCH_NS, attributes: 'drop', memory: 'shared' })
  const services = ['web', 'gateway', 'checkout', 'order', 'payment', 'inventory', 'catalog']
  const pods = new Map(
    services.map((service) => [
      service,
      [0, 1, 2].map((i) =>
        builder.addResource({ 'service.name': service, 'k8s.pod.name': `${service}-${i}` }),
      ),
    ]),
  )
  // One in three is tried three times: 21 spans on average.
  const requests = Math.ceil(spans / 21)
  for (let r = 0; r < requests; r++) {
    if (taking !== undefined && builder.length > taking.chunk) taking.spool.take(builder)
    else if (taking === undefined && builder.length >= spans) break
    const atMs = (r / requests) * PHASE_S * 3 * 1000
    const late = atMs >= PHASE_S * 1000 && atMs < PHASE_S * 2000
    new Request(builder, pods, random, r + 1, atMs).checkout(late)
  }
  taking?.spool.take(builder)
  return builder.finish()
}

class Request {
  #span = 0
  readonly #builder: SpanTableBuilder
  readonly #pods: ReadonlyMap<string, readonly number[]>
  readonly #random: Random
  readonly #trace: string
  readonly #atMs: number

  constructor(
    builder: SpanTableBuilder,
    pods: ReadonlyMap<string, readonly number[]>,
    random: Random,
    id: number,
    atMs: number,
  ) {
    this.#builder = builder
    this.#pods = pods
    this.#random = random
    this.#trace = (BigInt(id) * 0x9e3779b97f4a7c15n).toString(16).padStart(32, '0').slice(-32)
    this.#atMs = atMs
  }

  checkout(late: boolean): void {
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
    this.#span += 1
    const spanId = this.#span.toString(16).padStart(16, '0')
    const startNs = EPOCH_NS + BigInt(Math.round((this.#atMs + at) * 1e6))
    const pods = this.#pods.get(service) ?? []
    const http: Attributes = status === -1 ? {} : { 'http.request.method': 'GET' }
    const timedOut: Attributes = status === 0 ? { 'error.type': 'TimeoutError' } : {}
    const answer: Attributes = status > 0 ? { 'http.response.status_code': status } : {}
    this.#builder.addSpan(pods[Math.floor(this.#random() * pods.length)], {
      traceId: this.#trace,
      spanId,
      parentSpanId: up,
      name,
      kind,
      startNs,
      endNs: startNs + BigInt(Math.round(took * 1e6)),
      status: status === 0 || status >= 500 ? 2 : 0,
      attributes: { ...http, ...answer, ...more, ...timedOut },
    })
    return spanId
  }
}

const length = Number(values.spans)

async function measure(name: string, run: () => Findings | Promise<Findings>): Promise<void> {
  for (let i = 1; i <= Number(values.runs); i++) {
    const from = performance.now()
    const cpu = process.cpuUsage()
    const findings = await run()
    const ms = performance.now() - from
    const { user, system } = process.cpuUsage(cpu)
    const stages = Object.entries(findings.stages).map(([stage, took]) => `${stage} ${Math.round(took)}`)
    const { spans } = findings.data
    console.log(
      `${name}, run ${i}: ${spans} spans in ${Math.round(ms)} ms, ${Math.round(spans / ms)} k spans/s, CPU ${Math.round((user + system) / 1000)} ms (ms by stage: ${stages.join(', ')})`,
    )
    if (i === 1) console.log(findings.headline)
  }
}

/** CPU time of the last run: what threads wait for, and what they do side by side. */
function tellSteps(name: string, steps: readonly StepWorked[]): void {
  const sum = (of: (worked: StepWorked) => number): number =>
    Math.round(steps.reduce((ms, worked) => ms + of(worked), 0))
  const between = sum((s) => s.betweenMs)
  const busiest = sum((s) => Math.max(...s.threadsMs))
  const all = sum((s) => s.threadsMs.reduce((a, b) => a + b))
  console.log(
    `${name}, last run, CPU: ${between} ms between the steps, ${all} ms in them, of these ${busiest} ms in the busiest thread of each: ${between + all} ms on one core, ${between + busiest} ms side by side`,
  )
  if (values.steps) {
    for (const { step, betweenMs, threadsMs } of steps)
      console.log(`  ${step}: ${[betweenMs, ...threadsMs].map((ms) => ms.toFixed(1)).join(' ')}`)
  }
}

async function inThreads(threads: number, spans: CrewSpans, common: Common): Promise<void> {
  const crew = startThreadCrew(threads)
  const steps: StepWorked[] = []
  const name = `${threads} thread${threads === 1 ? '' : 's'}`
  await measure(name, () => {
    steps.length = 0
    return crew.inquire(analysis({ windows }, common.epochNs, common), spans, (worked) => steps.push(worked))
  })
  tellSteps(name, steps)
  await crew.stop()
}

type Common = Pick<SpanTable, 'epochNs' | 'dropped' | 'sampling'>

const threads = values.threads.split(',').map(Number)
if (values.spool) {
  const spool = new SpanSpool(Number.POSITIVE_INFINITY, () => false)
  const table = generate(length, forkRandom(1, 'bench'), { spool, chunk: 250_000 })
  const spooled = spool.finish(table)
  for (const n of threads) await inThreads(n, { kind: 'spooled', spooled }, spooled.common)
} else {
  const table = generate(length, forkRandom(1, 'bench'))
  for (const n of threads) await inThreads(n, { kind: 'table', table }, table)
}
console.log(
  `memory: ${Math.round(process.memoryUsage().rss / 1e6)} MB resident, ${Math.round(process.resourceUsage().maxRSS / 1e3)} MB at most`,
)
