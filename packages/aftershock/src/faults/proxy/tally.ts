import type { Random } from '../../model/random.ts'
import type { Direction, LinkEffect } from './proxy.ts'

const SAMPLE_MAX = 10_000

/** Counts the calls that one fault could have met and those that it met. */
export class Tally {
  readonly #random: Random
  readonly #sample: number[] = []
  readonly #meters = new Set<Meter>()
  #offered = 0
  #seen = 0
  #eligible = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** For one link; closed with it. */
  meter(): Meter {
    const meter = new Meter((call) => this.#count(call))
    this.#meters.add(meter)
    return meter
  }

  forget(meter: Meter): void {
    meter.endCall()
    this.#meters.delete(meter)
  }

  eligible(): void {
    this.#eligible += 1
  }

  /** @param addedMs - undefined: not known, or for ever */
  seen(addedMs: number | undefined): void {
    this.#seen += 1
    if (addedMs !== undefined) this.added(addedMs)
  }

  /** Calls still under way included. */
  effect(): LinkEffect {
    const open = [...this.#meters].flatMap((meter) => (meter.call === undefined ? [] : [meter.call]))
    const openSeen = open.filter((call) => call.isTouched)
    const openAddedMs = openSeen.map(addedMs).filter((ms) => ms > 0)
    return {
      seen: this.#seen + openSeen.length,
      eligible: this.#eligible + open.length,
      unit: 'proxied calls',
      addedMs: [...this.#sample, ...openAddedMs].slice(0, SAMPLE_MAX),
    }
  }

  #count(call: Call): void {
    this.eligible()
    if (!call.isTouched) return
    const added = addedMs(call)
    this.seen(added > 0 ? added : undefined)
  }

  /** How late a call that was seen turned out to be: of n values each is kept with the same chance. */
  added(value: number): void {
    this.#offered += 1
    if (this.#sample.length < SAMPLE_MAX) {
      this.#sample.push(value)
      return
    }
    const index = Math.floor(this.#random() * this.#offered)
    if (index < SAMPLE_MAX) this.#sample[index] = value
  }
}

type Call = { isTouched: boolean; connectMs: number; upMs: number; downMs: number }

/** One link under one fault: which call is under way, and how late the fault made it. */
export class Meter {
  call: Call | undefined
  readonly #onCall: (call: Call) => void

  constructor(onCall: (call: Call) => void) {
    this.#onCall = onCall
  }

  /** A call that the new connection's handshake has already delayed is not begun twice. */
  startCall(): void {
    if (this.call !== undefined && this.call.connectMs > 0 && this.call.upMs + this.call.downMs === 0) return
    this.endCall()
    this.#begun()
  }

  endCall(): void {
    if (this.call !== undefined) this.#onCall(this.call)
    this.call = undefined
  }

  /** Bytes pass or are held: a call is under way. */
  touched(): void {
    this.#begun().isTouched = true
  }

  /** The chunks of one answer are late side by side, so the latest one counts. */
  late(direction: Direction, lateMs: number): void {
    const call = this.#begun()
    if (direction === 'up') call.upMs = Math.max(call.upMs, lateMs)
    else call.downMs = Math.max(call.downMs, lateMs)
  }

  connecting(lateMs: number): void {
    const call = this.#begun()
    call.isTouched = true
    call.connectMs = lateMs
  }

  #begun(): Call {
    this.call ??= { isTouched: false, connectMs: 0, upMs: 0, downMs: 0 }
    return this.call
  }
}

function addedMs(call: Call): number {
  return call.connectMs + call.upMs + call.downMs
}
