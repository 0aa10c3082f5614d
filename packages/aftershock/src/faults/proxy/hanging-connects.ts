import type { Address } from '../../model/system.ts'
import type { Clock } from './clock.ts'
import { readTcpRows, TCP_SYN_SENT } from './proc-net-tcp.ts'
import type { Tally } from './tally.ts'

const POLL_MS = 100

export type HangingConnects = {
  /** Counts for these from now on, instead of those before. */
  watch(tallies: readonly Tally[]): void
  stop(): void
}

/**
 * A connect that hangs in its SYN never reaches the proxy, yet it is a call that met the fault. Linux
 * shows the waiting sockets; those that give up within a tenth of a second may be missed.
 */
export function countHangingConnects(address: Address, clock: Clock): HangingConnects {
  let tallies: readonly Tally[] = []
  let known = new Set<number>()
  let cancel: (() => void) | undefined
  const poll = (): void => {
    const waiting = readTcpRows((row) => row.state === TCP_SYN_SENT && row.remotePort === address.port)
    const ports = new Set(waiting.map((row) => row.localPort))
    for (const port of ports) {
      if (known.has(port)) continue
      for (const tally of tallies) {
        tally.eligible()
        tally.seen(undefined)
      }
    }
    known = ports
    cancel = clock.after(POLL_MS, poll)
  }
  const stop = (): void => {
    cancel?.()
    cancel = undefined
  }
  return {
    watch(next) {
      if (next.length === 0) {
        if (tallies.length > 0 && cancel !== undefined) poll()
        stop()
        known = new Set()
      } else if (cancel === undefined) cancel = clock.after(POLL_MS, poll)
      tallies = next
    },
    stop,
  }
}
