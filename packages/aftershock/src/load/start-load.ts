import type { Dispatcher } from 'undici'
import { traceparentOf } from '../formats/propagation/w3c.ts'
import { w3cBaggage } from '../formats/propagation/w3c-baggage.ts'
import { forkRandom } from '../model/random.ts'
import type { LoadRequest } from '../model/system.ts'
import { type ArrivalPattern, arrivals } from './arrivals.ts'
import { epochNsOf, monotonicMs, monotonicMsOf } from './clock.ts'
import { openConnections } from './connections.ts'
import { type EntryStatistics, entryStatistics, type LatencySummary, summaryOf } from './entry-statistics.ts'
import { type Answer, isError, type Outcome } from './outcome.ts'
import { outcomeSpan } from './outcome-span.ts'
import { pickByWeight } from './pick-by-weight.ts'
import { send } from './send.ts'
import { type OnSpans, spanBatch } from './span-batch.ts'
import { type TraceContext, traceContexts } from './trace-context.ts'

export type LoadOptions = {
  /** At least one with a weight above 0; several may share a name (one entry in the results). */
  readonly requests: readonly LoadRequest[]
  /** All requests together, per second. */
  readonly rps: number
  /** For each request, from its intended start. */
  readonly timeoutMs: number
  readonly arrivals?: ArrivalPattern | undefined
  readonly seed: number
  /** Requests waiting for an answer; one more is counted as `not-sent`. By default never reached, up to 5,000. */
  readonly inFlightMax?: number | undefined
  /** W3C baggage sent with every request. */
  readonly baggage?: Readonly<Record<string, string>> | undefined
  /** Root spans of service `users`, in batches. */
  readonly onSpans?: OnSpans | undefined
  /** Called for every request, in the order in which they end. */
  readonly onOutcome?: ((outcome: Outcome) => void) | undefined
}

export type LoadTotals = LatencySummary & {
  readonly maxMs: number | undefined
  readonly notSent: number
  /** How late requests left, ms after they were due: how far to trust this machine. */
  readonly lateMaxMs: number
}

/** Running traffic: arrivals go on at their rate, whatever the answers do. */
export type Load = {
  readonly startedNs: bigint
  entries(): readonly string[]
  /** Requests that ended in the last `ms`; of one entry or of all. The newest 131,072 per entry are known. */
  recent(ms: number, entry?: string): LatencySummary
  /** Requests that ended since a time (ns since the epoch). */
  since(ns: bigint, entry?: string): LatencySummary
  /** Since the start. */
  totals(): Readonly<Record<string, LoadTotals>>
  inFlight(): number
  /** No more arrivals; waits up to `waitMs`, or until `hurry`, for answers (those still missing then are time-outs). */
  stop(waitMs?: number, hurry?: AbortSignal): Promise<Readonly<Record<string, LoadTotals>>>
}

const usersResource = { 'service.name': 'users' }
const inFlightCeiling = 5_000
const warmMax = 16
const closeMs = 200
/** Requests sent in one turn of the event loop. */
const burstMax = 64

/** Opens connections, then starts. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const origins = [...new Set(options.requests.map((request) => new URL(request.url).origin))]
  const warm = Math.min(warmMax, Math.ceil(options.rps / 20))
  const pools = await Promise.all(
    origins.map(async (origin) => [origin, await openConnections(origin, warm, options.timeoutMs)] as const),
  )
  return new RunningLoad(options, new Map(pools))
}

type Entry = { readonly statistics: EntryStatistics; notSent: number; lateMaxMs: number }

/** A request with what need not be worked out again for each arrival. */
type Prepared = {
  readonly request: LoadRequest
  readonly weight: number
  readonly path: string
  readonly entry: Entry
  readonly pool: Dispatcher
  readonly headers: Readonly<Record<string, string>>
}

class RunningLoad implements Load {
  readonly startedNs: bigint
  readonly #options: LoadOptions
  readonly #pools: ReadonlyMap<string, Dispatcher>
  readonly #entries = new Map<string, Entry>()
  readonly #startedMs = monotonicMs()
  readonly #nextDueMs: () => number
  readonly #pick: () => Prepared
  readonly #nextContext: () => TraceContext
  readonly #inFlightMax: number
  readonly #batch: ReturnType<typeof spanBatch>
  readonly #giveUp = new Set<(answer: Answer) => void>()
  #dueMs: number
  #timer: NodeJS.Timeout | undefined
  #stopped: Promise<Readonly<Record<string, LoadTotals>>> | undefined
  #whenIdle: (() => void) | undefined

  constructor(options: LoadOptions, pools: ReadonlyMap<string, Dispatcher>) {
    const { rps, seed, timeoutMs } = options
    this.startedNs = epochNsOf(this.#startedMs)
    this.#options = options
    this.#pools = pools
    this.#nextDueMs = arrivals(options.arrivals ?? 'constant', rps, forkRandom(seed, 'load arrivals'))
    this.#nextContext = traceContexts(forkRandom(seed, 'load trace ids'))
    this.#pick = pickByWeight(this.#prepare())
    this.#inFlightMax =
      options.inFlightMax ?? Math.min(inFlightCeiling, 100 + Math.ceil((rps * timeoutMs) / 1_000) * 2)
    this.#batch = spanBatch(usersResource, options.onSpans ?? (() => undefined))
    this.#dueMs = this.#startedMs + this.#nextDueMs()
    this.#arrive()
  }

  entries(): readonly string[] {
    return [...this.#entries.keys()]
  }

  recent(ms: number, entry?: string): LatencySummary {
    return summaryOf(this.#statistics(entry), monotonicMs() - ms)
  }

  since(ns: bigint, entry?: string): LatencySummary {
    return summaryOf(this.#statistics(entry), monotonicMsOf(ns))
  }

  totals(): Readonly<Record<string, LoadTotals>> {
    return Object.fromEntries(
      [...this.#entries].map(([name, { statistics, notSent, lateMaxMs }]) => [
        name,
        { ...statistics.total(), notSent, lateMaxMs },
      ]),
    )
  }

  inFlight(): number {
    return this.#giveUp.size
  }

  stop(waitMs = this.#options.timeoutMs, hurry?: AbortSignal): Promise<Readonly<Record<string, LoadTotals>>> {
    this.#stopped ??= this.#end(waitMs, hurry)
    return this.#stopped
  }

  async #end(waitMs: number, hurry: AbortSignal | undefined): Promise<Readonly<Record<string, LoadTotals>>> {
    clearTimeout(this.#timer)
    if (this.#giveUp.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs)
        this.#whenIdle = () => {
          clearTimeout(timer)
          resolve()
        }
        hurry?.addEventListener('abort', this.#whenIdle, { once: true })
      })
    }
    const answer: Answer = { failure: 'timeout', message: 'no answer before the load ended' }
    for (const giveUp of [...this.#giveUp]) giveUp(answer)
    const closed = Promise.all([...this.#pools.values()].map((pool) => pool.destroy()))
    // A connection that is still being made holds destroy() until it gives up.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, closeMs))])
    this.#batch.flush()
    return this.totals()
  }

  #prepare(): readonly Prepared[] {
    const baggage = this.#options.baggage
    return this.#options.requests.map((request) => {
      const url = new URL(request.url)
      const pool = this.#pools.get(url.origin)
      if (pool === undefined) throw new Error(`no connections to ${url.origin}`)
      const entry = this.#entries.get(request.name) ?? {
        statistics: entryStatistics(),
        notSent: 0,
        lateMaxMs: 0,
      }
      this.#entries.set(request.name, entry)
      return {
        request,
        weight: request.weight,
        path: `${url.pathname}${url.search}`,
        entry,
        pool,
        headers: { ...request.headers, ...w3cBaggage.inject({ context: undefined, baggage: baggage ?? {} }) },
      }
    })
  }

  #statistics(entry: string | undefined): readonly EntryStatistics[] {
    if (entry === undefined) return [...this.#entries.values()].map(({ statistics }) => statistics)
    const found = this.#entries.get(entry)
    return found === undefined ? [] : [found.statistics]
  }

  /** Sends everything that is due, and sleeps until the next one is. */
  #arrive(): void {
    if (this.#stopped !== undefined) return
    for (let sent = 0; this.#dueMs <= monotonicMs(); sent++) {
      // Behind its rate, the loop must still let answers in.
      if (sent === burstMax) {
        setImmediate(() => this.#arrive())
        return
      }
      this.#sendOne(this.#dueMs)
      this.#dueMs = this.#startedMs + this.#nextDueMs()
    }
    this.#timer = setTimeout(() => this.#arrive(), Math.max(0, this.#dueMs - monotonicMs()))
  }

  #sendOne(dueMs: number): void {
    const prepared = this.#pick()
    const context = this.#nextContext()
    if (this.#giveUp.size >= this.#inFlightMax) {
      prepared.entry.notSent += 1
      const message = `${this.#inFlightMax} requests were in flight already`
      this.#record(prepared, context, { dueMs, sentMs: dueMs, answer: { failure: 'not-sent', message } })
      return
    }
    const sentMs = monotonicMs()
    prepared.entry.lateMaxMs = Math.max(prepared.entry.lateMaxMs, sentMs - dueMs)
    const done = (answer: Answer): void => {
      if (!this.#giveUp.delete(done)) return
      this.#record(prepared, context, { dueMs, sentMs, answer })
      if (this.#giveUp.size === 0) this.#whenIdle?.()
    }
    this.#giveUp.add(done)
    send(
      prepared.pool,
      {
        request: prepared.request,
        path: prepared.path,
        headers: { ...prepared.headers, traceparent: traceparentOf({ ...context, isSampled: true }) },
        timeoutMs: Math.max(1, this.#options.timeoutMs - (sentMs - dueMs)),
      },
      done,
    )
  }

  #record(
    { request, entry }: Prepared,
    context: TraceContext,
    { dueMs, sentMs, answer }: { readonly dueMs: number; readonly sentMs: number; readonly answer: Answer },
  ): void {
    const endMs = monotonicMs()
    entry.statistics.add(endMs, endMs - dueMs, isError(answer) ? 'failed' : 'succeeded')
    const outcome: Outcome = {
      ...context,
      entry: request.name,
      intendedNs: epochNsOf(dueMs),
      sentNs: epochNsOf(sentMs),
      endNs: epochNsOf(endMs),
      answer,
    }
    this.#options.onOutcome?.(outcome)
    if (this.#options.onSpans !== undefined) this.#batch.add(outcomeSpan(request, outcome))
  }
}
