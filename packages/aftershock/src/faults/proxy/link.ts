import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Address } from '../../model/system.ts'
import type { ActiveFault } from './active-fault.ts'
import type { Clock } from './clock.ts'
import type { HttpLayerOptions } from './http/layer.ts'
import { looksLikeHttpRequest } from './http/looks-like-http-request.ts'
import { type HeldBudget, Lane } from './lane.ts'
import type { Direction } from './proxy.ts'
import { resetStream } from './reset-stream.ts'
import type { Meter } from './tally.ts'

export type Replica = { readonly pod: string; readonly address: Address }

export type Counters = { opened: number; failed: number; calls: number; up: number; down: number }

/** Looking is not free, and nobody gives up so soon. */
const ABANDONED_AFTER_MS = 10

/** What the links of one proxy share. */
export type LinkContext = {
  readonly clock: Clock
  readonly budget: HeldBudget
  readonly counters: Counters
  readonly faults: () => Iterable<ActiveFault>
  /** Whether a fault in force can only be matched when the caller is known. */
  readonly needsCaller: () => boolean
  readonly identify: ((remotePort: number) => Promise<string | undefined>) | undefined
  readonly onIdentified: (caller: string) => void
  /** Whether the process behind the socket has closed it (not only its sending side). */
  readonly isAbandoned: (remotePort: number) => boolean
  /** Whether HTTP rules can apply: not on a service declared as plain TCP. */
  readonly mayBeHttp: boolean
  /** The HTTP layer's end that stands for the service. */
  readonly openHttp: (link: Pick<HttpLayerOptions, 'target' | 'faults' | 'isAbandoned'>) => Duplex
  readonly onClosed: (link: Link) => void
}

/** One connection of a caller, and ours to the replica behind it. */
export class Link {
  readonly replica: Replica
  caller: string | undefined
  readonly #context: LinkContext
  readonly #client: Socket
  readonly #remotePort: number
  readonly #acceptedMs: number
  readonly #up: Lane
  readonly #down: Lane
  readonly #meters = new Map<ActiveFault, Meter>()
  /** What is left of the handshake, by the fault that delays it. */
  readonly #handshakeMs = new Map<ActiveFault, number>()
  #identified: Promise<void> | undefined
  #cancelDial: (() => void) | undefined
  #upstream: Duplex | undefined
  #isDialled = false
  #isHttp = false
  #isClosed = false
  #last: Direction | undefined

  constructor(context: LinkContext, client: Socket, replica: Replica) {
    this.#context = context
    this.#client = client
    this.#remotePort = client.remotePort ?? 0
    this.replica = replica
    this.#acceptedMs = context.clock.nowMs()
    this.#up = new Lane('up', context.clock, context.budget)
    this.#down = new Lane('down', context.clock, context.budget)
    this.#down.setSink(client)
  }

  /** Takes the caller's connection through its handshake, and dials the replica. */
  open(): void {
    const client = this.#client
    client.on('data', (chunk: Buffer) => this.#fromClient(chunk))
    client.on('end', () => {
      if (this.#upstream === undefined) client.end()
      else this.#up.finish('end')
    })
    client.on('error', () => this.#up.finish('reset'))
    client.on('close', () => {
      this.#down.die()
      this.#closeWhenDone()
    })
    if (this.#context.needsCaller()) this.identify().then(() => this.#begin())
    else this.#begin()
  }

  /** Asks once who calls; failure means nobody we know. */
  identify(): Promise<void> {
    this.#identified ??= (this.#context.identify?.(this.#remotePort) ?? Promise.resolve(undefined)).then(
      (caller) => {
        this.caller = caller
        if (caller !== undefined) this.#context.onIdentified(caller)
      },
      () => undefined,
    )
    return this.#identified
  }

  /** Puts a fault on this connection if it matches; one that is already there stays once. */
  attach(fault: ActiveFault): void {
    const { pod } = this.replica
    if (this.#isClosed || fault.isRemoved || this.#meters.has(fault)) return
    if (!fault.matches(pod, this.caller)) return
    const meter = fault.tally.meter()
    this.#meters.set(fault, meter)
    const isCallUnderWay = this.#isDialled && this.#last === 'up'
    if (isCallUnderWay && fault.fault.stage.kind !== 'http') meter.startCall()
    for (const lane of [this.#up, this.#down]) {
      const shaper = fault.shaper(pod, lane.direction)
      if (shaper !== undefined) lane.addStage(fault, shaper, meter)
    }
  }

  /** What the fault held goes on at once. */
  detach(fault: ActiveFault): void {
    const meter = this.#meters.get(fault)
    if (meter === undefined) return
    if (this.#handshakeMs.delete(fault)) {
      if (!this.#isDialled) meter.connecting(this.#context.clock.nowMs() - this.#acceptedMs)
      this.#dialWhenDue()
    }
    this.#up.removeStage(fault)
    this.#down.removeStage(fault)
    this.#meters.delete(fault)
    fault.tally.forget(meter)
  }

  destroy(): void {
    this.#cancelDial?.()
    this.#client.destroy()
    this.#upstream?.destroy()
    this.#close()
  }

  #begin(): void {
    if (this.#client.destroyed) {
      this.#close()
      return
    }
    for (const fault of this.#context.faults()) this.attach(fault)
    for (const [fault, meter] of this.#meters) {
      const delayMs = fault.connectDelayMs(this.replica.pod)
      if (delayMs <= 0) continue
      this.#handshakeMs.set(fault, delayMs)
      meter.connecting(Number.isFinite(delayMs) ? delayMs : 0)
    }
    this.#dialWhenDue()
  }

  #dialWhenDue(): void {
    if (this.#isDialled || this.#isClosed) return
    this.#cancelDial?.()
    const delayMs = [...this.#handshakeMs.values()].reduce((sum, ms) => sum + ms, 0)
    if (delayMs === Number.POSITIVE_INFINITY) return
    const leftMs = this.#acceptedMs + delayMs - this.#context.clock.nowMs()
    if (leftMs > 0) this.#cancelDial = this.#context.clock.after(leftMs, () => this.#dial())
    else this.#dial()
  }

  #dial(): void {
    const waitedMs = this.#context.clock.nowMs() - this.#acceptedMs
    this.#isDialled = true
    // A caller that gave up while its SYN was late never reached the service: nor may its request.
    if (waitedMs > ABANDONED_AFTER_MS && this.#context.isAbandoned(this.#remotePort)) {
      this.destroy()
      return
    }
    if (!this.#wantsHttp()) this.#connectUpstream()
    this.#up.setSource(this.#client)
    this.#client.resume()
  }

  #connectUpstream(): void {
    const { host, port } = this.replica.address
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
    let isConnected = false
    socket.once('connect', () => {
      isConnected = true
    })
    socket.once('error', () => {
      if (!isConnected) this.#context.counters.failed += 1
    })
    this.#setUpstream(socket)
  }

  #connectHttp(): void {
    this.#isHttp = true
    const upstream = this.#context.openHttp({
      target: this.replica.address,
      faults: () => this.#httpFaults(),
      isAbandoned: () => this.#context.isAbandoned(this.#remotePort),
    })
    this.#setUpstream(upstream)
  }

  #setUpstream(upstream: Duplex): void {
    const isCurrent = (): boolean => this.#upstream === upstream
    let isReset = false
    this.#upstream = upstream
    upstream.on('data', (chunk: Buffer) => isCurrent() && this.#fromUpstream(chunk))
    upstream.on('end', () => isCurrent() && this.#down.finish('end'))
    upstream.on('error', () => {
      isReset = true
      if (isCurrent()) this.#down.finish('reset')
    })
    upstream.on('close', () => {
      if (!isCurrent()) return
      // The HTTP layer drops both directions at once when it aborts; sockets say `end` or `error` before.
      if (this.#isHttp && !isReset) this.#down.finish('close')
      this.#up.die()
      this.#closeWhenDone()
    })
    this.#down.setSource(upstream)
    this.#up.setSink(upstream)
  }

  #fromClient(chunk: Buffer): void {
    this.#context.counters.up += chunk.length
    if (this.#last !== 'up') this.#startCall(chunk)
    this.#up.take(chunk)
  }

  #fromUpstream(chunk: Buffer): void {
    this.#context.counters.down += chunk.length
    this.#last = 'down'
    this.#down.take(chunk)
  }

  /** Between two turns is where a connection can move to the HTTP layer. */
  #startCall(chunk: Buffer): void {
    this.#last = 'up'
    this.#context.counters.calls += 1
    if (this.#upstream === undefined) {
      if (looksLikeHttpRequest(chunk)) this.#connectHttp()
      else this.#connectUpstream()
    } else if (!this.#isHttp && this.#wantsHttp() && this.#up.holdsNothing && looksLikeHttpRequest(chunk)) {
      const raw = this.#upstream
      this.#connectHttp()
      raw.destroy()
    }
    for (const [fault, meter] of this.#meters) {
      if (!(this.#isHttp && fault.fault.stage.kind === 'http')) meter.startCall()
    }
  }

  #wantsHttp(): boolean {
    return this.#context.mayBeHttp && this.#httpFaults().length > 0
  }

  #httpFaults(): readonly ActiveFault[] {
    if (this.#meters.size === 0) return []
    return [...this.#meters.keys()].filter((fault) => fault.fault.stage.kind === 'http')
  }

  #closeWhenDone(): void {
    const isUpstreamDone = this.#upstream === undefined || this.#upstream.destroyed
    if (this.#client.destroyed && this.#upstream === undefined) this.#cancelDial?.()
    if (this.#client.destroyed && isUpstreamDone) this.#close()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#up.die()
    this.#down.die()
    for (const [fault, meter] of this.#meters) fault.tally.forget(meter)
    this.#meters.clear()
    this.#handshakeMs.clear()
    this.#context.onClosed(this)
  }
}

/** For a connection that may not come in at all. */
export function refuse(client: Socket): void {
  client.on('error', () => undefined)
  resetStream(client)
}
