import type { Clock } from './clock.ts'
import type { Shaper } from './stages/shaper.ts'

/** What travels on one direction of a connection, in order. */
export type Item =
  | { readonly kind: 'bytes'; readonly chunk: Buffer }
  /** FIN: the other direction goes on. */
  | { readonly kind: 'end' }
  /** RST. */
  | { readonly kind: 'reset' }
  /** Closed for good after what was written (an aborted HTTP exchange). */
  | { readonly kind: 'close' }

export type HeldQueueOptions = {
  readonly shaper: Shaper
  readonly clock: Clock
  /** Passes an item on; `atMs` is when it was due, so that two stages in series add up exactly. */
  readonly release: (item: Item, atMs: number) => void
  /** Bytes met the fault. */
  readonly onTouched: () => void
  /** Bytes go on, this late. */
  readonly onLate: (lateMs: number) => void
}

type Held = {
  readonly item: Item
  readonly bytes: number
  readonly arrivalMs: number
  readonly dueMs: number
}

/** Timers fire up to this early or late anyway. */
const TIMER_GRAIN_MS = 0.5
/** Pieces due within one millisecond go on together. */
const GROUP_MS = 1

/** Holds one direction of one connection for one fault until its shaper lets it go, in order. */
export class HeldQueue {
  heldBytes = 0
  readonly #options: HeldQueueOptions
  #held: Held[] = []
  #head = 0
  #lastDueMs = Number.NEGATIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(options: HeldQueueOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#head === this.#held.length
  }

  push(item: Item, arrivalMs: number): void {
    if (item.kind === 'bytes') this.#pushBytes(item.chunk, arrivalMs)
    else this.#hold({ item, bytes: 0, arrivalMs, dueMs: this.#dueMs(0, arrivalMs, 0) })
    this.#arm()
  }

  /** Passes all on at once: the fault is gone. */
  flush(): void {
    this.#disarm()
    const rest = this.#held.slice(this.#head)
    this.#held = []
    this.#head = 0
    this.#lastDueMs = Number.NEGATIVE_INFINITY
    const nowMs = this.#options.clock.nowMs()
    for (const held of rest) this.#pass(held, nowMs)
  }

  /** The connection is gone, and what was held with it. */
  clear(): void {
    this.#disarm()
    this.#held = []
    this.#head = 0
    this.heldBytes = 0
  }

  #pushBytes(chunk: Buffer, arrivalMs: number): void {
    const { shaper } = this.#options
    const step = shaper.segmentBytes ?? chunk.length
    let from = 0
    let groupDueMs: number | undefined
    let dueMs = arrivalMs
    for (let offset = 0; offset < chunk.length; offset += step) {
      const bytes = Math.min(step, chunk.length - offset)
      const following = Math.ceil((chunk.length - offset - bytes) / step)
      const nextDueMs = this.#dueMs(bytes, arrivalMs, following)
      if (nextDueMs > arrivalMs || shaper.touchedUnseen?.() === true) this.#options.onTouched()
      if (groupDueMs !== undefined && nextDueMs - groupDueMs >= GROUP_MS) {
        this.#holdBytes(chunk.subarray(from, offset), arrivalMs, dueMs)
        from = offset
        groupDueMs = undefined
      }
      groupDueMs ??= nextDueMs
      dueMs = nextDueMs
    }
    this.#holdBytes(from === 0 ? chunk : chunk.subarray(from), arrivalMs, dueMs)
  }

  #dueMs(bytes: number, arrivalMs: number, following: number): number {
    this.#lastDueMs = Math.max(
      this.#lastDueMs,
      arrivalMs,
      this.#options.shaper.dueMs(bytes, arrivalMs, following),
    )
    return this.#lastDueMs
  }

  #holdBytes(chunk: Buffer, arrivalMs: number, dueMs: number): void {
    this.#hold({ item: { kind: 'bytes', chunk }, bytes: chunk.length, arrivalMs, dueMs })
  }

  #hold(held: Held): void {
    this.heldBytes += held.bytes
    if (this.isEmpty && held.dueMs <= this.#options.clock.nowMs()) this.#pass(held, held.dueMs)
    else this.#held.push(held)
  }

  #pass(held: Held, atMs: number): void {
    this.heldBytes -= held.bytes
    if (held.bytes > 0 && atMs > held.arrivalMs) this.#options.onLate(atMs - held.arrivalMs)
    this.#options.release(held.item, atMs)
  }

  #arm(): void {
    const next = this.#held[this.#head]
    if (next === undefined || this.#cancel !== undefined || next.dueMs === Number.POSITIVE_INFINITY) return
    this.#cancel = this.#options.clock.after(next.dueMs - this.#options.clock.nowMs(), () => this.#tick())
  }

  #disarm(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #tick(): void {
    this.#cancel = undefined
    const untilMs = this.#options.clock.nowMs() + TIMER_GRAIN_MS
    for (;;) {
      const next = this.#held[this.#head]
      if (next === undefined || next.dueMs > untilMs) break
      this.#head += 1
      this.#pass(next, next.dueMs)
    }
    if (this.#head > 64 || this.isEmpty) {
      this.#held = this.#held.slice(this.#head)
      this.#head = 0
    }
    this.#arm()
  }
}
