import { constants } from 'node:os'

/** Signals that an activity sends its parent, which is the launcher: they are meant for us. */
export type RelayedSignals = {
  readonly relay: (number: number) => void
  readonly end: () => void
}

const RELAYED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const

/** What was sent to the whole group, as Ctrl-C is, came to us as well: a moment before, or a moment after. */
const SAME_MS = 100

export function relayedSignals(): RelayedSignals {
  const seenMs = new Map<string, number>()
  const listeners = RELAYED.map((name) => {
    const listener = () => {
      seenMs.set(name, performance.now())
    }
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  return {
    relay: (number) => {
      const name = RELAYED.find((one) => constants.signals[one] === number)
      if (name === undefined) return
      const cameMs = performance.now()
      setTimeout(() => {
        if ((seenMs.get(name) ?? Number.NEGATIVE_INFINITY) < cameMs - SAME_MS) process.kill(process.pid, name)
      }, SAME_MS)
    },
    end: () => {
      for (const remove of listeners) remove()
    },
  }
}
