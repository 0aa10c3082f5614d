import { encodeOtlpJson } from '../formats/otlp-json-encode.ts'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import type { ExportProtocol } from './export-settings.ts'
import type { Sender, SendOutcome } from './send-batch.ts'

export type SpanExporter = {
  /** Never waits: what does not fit into the queue is dropped and counted. */
  add(spans: readonly SpanInput[]): void
  /**
   * Sends what is left, for at most `patienceMs`; a collector that has failed or kept us waiting before gets the
   * time of one more try only. Idempotent.
   */
  close(patienceMs: number): Promise<ExportStats>
}

export type ExportStats = {
  readonly sent: number
  /** Not delivered: the queue was full, the collector away, slow, or it refused. */
  readonly lost: number
}

export type ExporterOptions = {
  readonly sender: Sender
  readonly protocol: ExportProtocol
  readonly resource: Readonly<Record<string, AttributeValue>>
  readonly scope?: { readonly name: string; readonly version: string } | undefined
  /** Told once, when spans cannot be delivered: where they should have gone is in the text. */
  readonly say: (text: string) => void
  /** For people: where the spans go. */
  readonly destination: string
  readonly queueMax?: number | undefined
  readonly batchMax?: number | undefined
  /** Between batches; the first span goes at once, to find out early who is there. */
  readonly delayMs?: number | undefined
  readonly backoffMs?: number | undefined
}

const tellAfterFailures = 3
const lastTryMs = 250
const longWaitMs = 500

/** Sends spans in batches beside the run, one request at a time. */
export function spanExporter(options: ExporterOptions): SpanExporter {
  return new QueuedExporter(options)
}

class QueuedExporter implements SpanExporter {
  readonly #options: ExporterOptions
  readonly #queue: SpanInput[] = []
  readonly #stop = new AbortController()
  #sending: Promise<void> | undefined
  #sentAtMs = 0
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #lastWhy: string | undefined
  #hasTold = false
  #sent = 0
  #lost = 0
  #closing: Promise<ExportStats> | undefined

  constructor(options: ExporterOptions) {
    this.#options = options
  }

  add(spans: readonly SpanInput[]): void {
    const room = Math.max(0, (this.#options.queueMax ?? 2048) - this.#queue.length)
    this.#queue.push(...spans.slice(0, room))
    if (spans.length > room) this.#lose(spans.length - room, `more than ${this.#queue.length} spans wait`)
    if (this.#closing === undefined)
      this.#schedule(this.#sentAtMs === 0 ? 0 : (this.#options.delayMs ?? 1_000))
  }

  close(patienceMs: number): Promise<ExportStats> {
    this.#closing ??= this.#finish(patienceMs)
    return this.#closing
  }

  async #finish(patienceMs: number): Promise<ExportStats> {
    clearTimeout(this.#timer)
    const waitedMs = this.#sending === undefined ? 0 : performance.now() - this.#sentAtMs
    const isKnownBad = this.#failures > 0 || waitedMs > longWaitMs
    const deadline = setTimeout(
      () => this.#stop.abort(),
      Math.min(patienceMs, isKnownBad ? lastTryMs : patienceMs),
    )
    // A failure under way is not the last word yet; the next one is.
    await this.#sending
    while (this.#queue.length > 0 && !this.#stop.signal.aborted) {
      await this.#sendOnce()
      if (this.#failures > 0) break
    }
    clearTimeout(deadline)
    if (this.#queue.length > 0)
      this.#lose(this.#queue.splice(0).length, this.#lastWhy ?? 'it had not answered when the run ended')
    this.#options.sender.close()
    return { sent: this.#sent, lost: this.#lost }
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#queue.length === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#sending = this.#sendOnce().finally(() => {
        this.#sending = undefined
        if (this.#closing === undefined) this.#schedule(this.#nextDelayMs())
      })
    }, delayMs)
    // Whoever ends the run closes the exporter; a timer alone must not keep a process.
    this.#timer.unref()
  }

  #againAfterMs: number | undefined

  #nextDelayMs(): number {
    const { delayMs = 1_000, backoffMs = 1_000 } = this.#options
    return this.#failures === 0
      ? delayMs
      : Math.min(30_000, Math.max(this.#againAfterMs ?? 0, backoffMs * 2 ** (this.#failures - 1)))
  }

  async #sendOnce(): Promise<void> {
    const { sender, resource, scope, protocol, batchMax = 512 } = this.#options
    const batch = this.#queue.slice(0, batchMax)
    this.#sentAtMs = performance.now()
    const group = { resource, scope, spans: batch }
    const body = protocol === 'http/json' ? Buffer.from(encodeOtlpJson([group])) : encodeOtlpProtobuf([group])
    this.#settle(batch, await sender.send(body, this.#stop.signal))
  }

  #settle(batch: readonly SpanInput[], outcome: SendOutcome): void {
    this.#lastWhy = outcome.why
    if (outcome.kind === 'again') {
      this.#failures += 1
      this.#againAfterMs = outcome.afterMs
      if (this.#failures >= tellAfterFailures) this.#tell(outcome.why)
      return
    }
    this.#queue.splice(0, batch.length)
    if (outcome.kind === 'refused') {
      this.#failures += 1
      this.#lose(batch.length, outcome.why)
      return
    }
    this.#failures = 0
    this.#sent += batch.length - outcome.rejected
    if (outcome.rejected > 0)
      this.#lose(outcome.rejected, outcome.why ?? `it rejected ${outcome.rejected} spans`)
  }

  #lose(spans: number, why: string): void {
    this.#lost += spans
    this.#tell(why)
  }

  #tell(why: string): void {
    if (this.#hasTold) return
    this.#hasTold = true
    this.#options.say(
      `the trace of this experiment does not reach ${this.#options.destination}: ${why}; the run goes on without`,
    )
  }
}
