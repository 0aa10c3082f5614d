import { readFile } from 'node:fs/promises'
import type { Address } from '../../model/system.ts'
import { readTcpRows, TCP_SYN_SENT, type TcpRow } from '../tcp-rows.ts'
import type { Clock } from './clock.ts'
import type { Tally } from './tally.ts'

const POLL_MS = 100

export type HangingConnects = {
  /** Counts for these from now on, instead of those before. */
  watch(tallies: readonly Tally[]): void
  stop(): void
}

/**
 * A connect that hangs in its SYN never reaches the proxy, yet it is a call that met the fault. Linux
 * counts the SYNs that a full backlog drops, and shows the waiting sockets; those that give up within a
 * tenth of a second may be missed.
 */
export function countHangingConnects(address: Address, clock: Clock): HangingConnects {
  let tallies: readonly Tally[] = []
  let known: ReadonlySet<number> = new Set()
  let drops = ''
  let cancel: (() => void) | undefined
  const look = async (): Promise<void> => {
    const now = await readListenDrops()
    if (now === drops) return
    drops = now
    const ports = new Set((await readTcpRows()).filter(isWaiting).map((row) => row.localPort))
    for (const port of ports) {
      if (known.has(port)) continue
      for (const tally of tallies) {
        tally.eligible()
        tally.seen(undefined)
      }
    }
    known = ports
  }
  const isWaiting = (row: TcpRow): boolean => row.state === TCP_SYN_SENT && row.remotePort === address.port
  const poll = (): void => {
    look().finally(() => {
      if (cancel !== undefined) cancel = clock.after(POLL_MS, poll)
    })
  }
  const stop = (): void => {
    cancel?.()
    cancel = undefined
  }
  return {
    watch(next) {
      tallies = next
      if (next.length === 0) {
        stop()
        known = new Set()
      } else if (cancel === undefined) cancel = clock.after(POLL_MS, poll)
    },
    stop,
  }
}

/** Of the whole namespace: changes when a SYN of anyone is dropped by a full backlog. */
async function readListenDrops(): Promise<string> {
  const text = await readFile('/proc/net/netstat', 'latin1').catch(() => '')
  const [names = '', values = ''] = text.split('\n').filter((line) => line.startsWith('TcpExt:'))
  const index = names.split(' ').indexOf('ListenDrops')
  // A kernel that does not say is asked for its sockets each time.
  return index === -1 ? String(performance.now()) : (values.split(' ')[index] ?? '')
}
