import type { ExitDesk } from '../../engine/chaos-toolkit/exit-desk.ts'
import { settleOwed } from '../../engine/chaos-toolkit/owed-work.ts'
import type { ExitRequest } from '../../engine/chaos-toolkit/ports.ts'
import type { Io } from '../io.ts'

const KINDS: Readonly<Record<string, ExitRequest['kind']>> = {
  SIGINT: 'interrupt',
  SIGTERM: 'terminate',
  SIGHUP: 'terminate',
  SIGUSR1: 'graceful',
  SIGUSR2: 'ungraceful',
}

export type Signals = {
  /** From now on signals end the run in order, instead of the process. */
  readonly begin: () => void
  readonly end: () => void
}

/** Until the run begins nothing has been started: a signal simply ends the process. */
export function listenToSignals(desk: ExitDesk, io: Io): Signals {
  let isRunning = false
  const listeners = Object.entries(KINDS).map(([name, kind]) => {
    const listener = () => {
      if (isRunning) desk.request({ kind, source: name })
      else leave(name, io)
    }
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  return {
    begin: () => {
      isRunning = true
    },
    end: () => {
      for (const remove of listeners) remove()
    },
  }
}

/** As the reference: Ctrl-C says "Aborted!" and gives 1, the others end the process by their default. */
function leave(name: string, io: Io): void {
  if (name === 'SIGINT') {
    io.err.write('\nAborted!\n')
    process.exit(1)
  }
  settleOwed()
  process.removeAllListeners(name)
  process.kill(process.pid, name)
}
