import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ActiveFault } from './active-fault.ts'
import { looksLikeHttpRequest } from './http/looks-like-http-request.ts'
import { Lane } from './lane.ts'
import type { LinkContext, Replica } from './link-context.ts'
import type { Direction } from './proxy.ts'
import { resetStream } from './reset-stream.ts'
import type { Meter } from './tally.ts'

/** Read of a caller that waits for its handshake: to see it leave, and little more. */
const EARLY_BYTES_MAX = 16 * 1024

/** One connection of a caller, and ours to the replica behind it. */
export class Link {
  readonly replica: Replica
  caller: string | undefined
  readonly #context: LinkContext
  readonly #onClosed: () => void
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
  /** What the caller sent during its handshake; undefined once the replica is dialled. */
  #early: Buffer[] | undefined = []
  #hasEndedEarly = false
  #isDialled = false
  #isHttp = false
  #isClosed = false
  #last: Direction | undefined

  constructor(context: LinkContext, client: Socket, replica: Replica, onClosed: () => void) {
    this.#onClosed = onClosed
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
    client.on('end', () => this.#clientEnded())
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
    if (!this.#isDialled) this.#client.resume()
  }

  #dialWhenDue(): void {
    if (this.#isDialled || this.#isClosed) return
    this.#cancelDial?.()
    const delayMs = [...this.#handshakeMs.values()].reduce((sum, ms) => sum + ms, 0)
    if (delayMs === Number.POSITIVE_INFINITY) return
    const leftMs = this.#acceptedMs + delayMs - this.#context.clock.nowMs()
    if (leftMs <= 0) this.#dial()
    else this.#cancelDial = this.#context.clock.after(leftMs, () => this.#dial())
  }

  #dial(): void {
    this.#isDialled = true
    if (!this.#hasEndedEarly) {
      this.#start()
      return
    }
    // A caller that gave up while its SYN was late never reached the service: nor may its request.
    this.#context.isAbandoned(this.#remotePort).then((isGone) => {
      if (isGone) this.destroy()
      else this.#start()
    })
  }

  /** The handshake is over: what came meanwhile goes first. */
  #start(): void {
    if (this.#isClosed || this.#client.destroyed) return
    if (!this.#wantsHttp()) this.#connectUpstream()
    const early = this.#early ?? []
    this.#early = undefined
    this.#up.setSource(this.#client)
    this.#client.resume()
    for (const chunk of early) this.#fromClient(chunk)
    if (this.#hasEndedEarly) this.#clientEnded()
  }

  #clientEnded(): void {
    if (this.#early !== undefined) this.#hasEndedEarly = true
    else if (this.#upstream === undefined) this.#client.end()
    else this.#up.finish('end')
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
    if (this.#early !== undefined) {
      this.#early.push(chunk)
      if (this.#early.reduce((sum, one) => sum + one.length, 0) >= EARLY_BYTES_MAX) this.#client.pause()
      return
    }
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
    this.#onClosed()
  }
}

/** For a connection that may not come in at all. */
export function refuse(client: Socket): void {
  client.on('error', () => undefined)
  resetStream(client)
}
