import type { Duplex } from 'node:stream'
import type { ActiveFault } from './active-fault.ts'
import type { Clock } from './clock.ts'
import { HeldQueue, type Item } from './held-queue.ts'
import type { Direction } from './proxy.ts'
import { resetStream } from './reset-stream.ts'
import type { Shaper } from './stages/shaper.ts'
import type { Meter } from './tally.ts'

/** Bytes held by all links of a proxy, beyond which each link keeps little. */
export type HeldBudget = { heldBytes: number; readonly heldBytesMax: number; readonly laneBytesMax: number }

type Stage = { readonly fault: ActiveFault; readonly queue: HeldQueue; readonly heldBytesMax: number }

const BYTES_WHEN_POOR = 64 * 1024

/** One direction of one connection: source → stages in series → sink, with back-pressure both ways. */
export class Lane {
  readonly direction: Direction
  readonly #clock: Clock
  readonly #budget: HeldBudget
  #source: Duplex | undefined
  #sink: Duplex | undefined
  #stages: readonly Stage[] = []
  #counted = 0
  #isBlocked = false
  #isPaused = false
  #isDead = false

  constructor(direction: Direction, clock: Clock, budget: HeldBudget) {
    this.direction = direction
    this.#clock = clock
    this.#budget = budget
  }

  get holdsNothing(): boolean {
    return this.#stages.every((stage) => stage.queue.isEmpty)
  }

  /** The caller feeds what it reads from `source` to `take`; the lane pauses and resumes it. */
  setSource(source: Duplex): void {
    this.#source = source
    this.#isPaused = false
    this.#settle()
  }

  setSink(sink: Duplex): void {
    this.#sink = sink
    this.#isBlocked = false
    sink.on('drain', () => {
      if (this.#sink !== sink) return
      this.#isBlocked = false
      this.#settle()
    })
    this.#settle()
  }

  take(chunk: Buffer): void {
    if (this.#isDead) return
    const first = this.#stages[0]
    if (first === undefined) this.#write(chunk)
    else first.queue.push({ kind: 'bytes', chunk }, this.#clock.nowMs())
    if (this.#isBlocked || first !== undefined) this.#settle()
  }

  /** The source ended, was reset, or was closed: passed on behind the bytes before it. */
  finish(kind: 'end' | 'reset' | 'close'): void {
    if (this.#isDead) return
    const first = this.#stages[0]
    if (first === undefined) this.#emit({ kind })
    else first.queue.push({ kind }, this.#clock.nowMs())
  }

  /** The sink is gone: what comes is read and dropped, so that the source can end. */
  die(): void {
    if (this.#isDead) return
    this.#isDead = true
    for (const stage of this.#stages) stage.queue.clear()
    this.#stages = []
    this.#count()
    if (this.#isPaused) this.#source?.resume()
  }

  addStage(fault: ActiveFault, shaper: Shaper, meter: Meter): void {
    if (this.#isDead || this.#stages.some((stage) => stage.fault === fault)) return
    const queue = new HeldQueue({
      shaper,
      clock: this.#clock,
      release: (item, atMs) => this.#passOn(fault, item, atMs),
      onTouched: () => meter.touched(),
      onLate: (lateMs) => meter.late(this.direction, lateMs),
    })
    this.#stages = [...this.#stages, { fault, queue, heldBytesMax: shaper.heldBytesMax }]
  }

  /** What the stage held goes on at once, through the stages behind it. */
  removeStage(fault: ActiveFault): void {
    this.#stages.find((stage) => stage.fault === fault)?.queue.flush()
    this.#stages = this.#stages.filter((stage) => stage.fault !== fault)
    this.#settle()
  }

  #passOn(fault: ActiveFault, item: Item, atMs: number): void {
    const next = this.#stages[this.#stages.findIndex((stage) => stage.fault === fault) + 1]
    if (next === undefined) this.#emit(item)
    else next.queue.push(item, atMs)
    this.#settle()
  }

  #emit(item: Item): void {
    if (item.kind === 'bytes') this.#write(item.chunk)
    else if (this.#sink === undefined) return
    else if (item.kind === 'reset') resetStream(this.#sink)
    else if (item.kind === 'end') this.#sink.end()
    else closeAfterWrites(this.#sink)
  }

  #write(chunk: Buffer): void {
    if (this.#sink === undefined || !this.#sink.writable) return
    if (!this.#sink.write(chunk)) this.#isBlocked = true
  }

  #settle(): void {
    this.#count()
    if (this.#isDead || this.#source === undefined) return
    const mustPause = this.#isBlocked || this.#isFull()
    if (mustPause === this.#isPaused) return
    this.#isPaused = mustPause
    if (mustPause) this.#source.pause()
    else this.#source.resume()
  }

  #isFull(): boolean {
    const isPoor = this.#budget.heldBytes > this.#budget.heldBytesMax
    const laneMax = isPoor ? BYTES_WHEN_POOR : this.#budget.laneBytesMax
    return this.#stages.some(({ queue, heldBytesMax }) => queue.heldBytes >= Math.min(heldBytesMax, laneMax))
  }

  #count(): void {
    let held = 0
    for (const stage of this.#stages) held += stage.queue.heldBytes
    this.#budget.heldBytes += held - this.#counted
    this.#counted = held
  }
}

function closeAfterWrites(sink: Duplex): void {
  sink.end()
  if (sink.writableFinished) sink.destroy()
  else sink.once('finish', () => sink.destroy())
}
