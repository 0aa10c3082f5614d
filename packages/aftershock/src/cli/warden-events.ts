import type { Recorder } from '../engine/ports.ts'
import type { WardenEvent } from '../faults/warden/messages.ts'
import type { Warden } from '../faults/warden/warden-client.ts'
import type { RunEvent } from '../model/run.ts'

/** Writes what happens to processes and faults without being asked into the run's events, until disposed. */
export function wardenEvents(warden: Warden, recorder: Recorder): Disposable {
  const stop = warden.onEvent((event) => {
    const told = textOf(event)
    if (told !== undefined) recorder.record({ type: 'log', ...told })
  })
  return { [Symbol.dispose]: stop }
}

function textOf(event: WardenEvent): Omit<Extract<RunEvent, { type: 'log' }>, 'type'> | undefined {
  switch (event.kind) {
    case 'process-started':
      return event.restarts === 0
        ? undefined
        : { level: 'info', text: `${event.name} started again (pid ${event.pid})` }
    case 'process-exited': {
      const how = event.signal ?? `exit code ${event.code}`
      const next =
        event.restartInMs === undefined ? 'it stays down' : `it starts again in ${event.restartInMs} ms`
      return { level: 'warn', text: `${event.name} ended (${how}); ${next}` }
    }
    case 'process-not-restarted':
      return { level: 'error', text: `${event.name} could not be started again: ${event.problem.why}` }
    case 'fault-ended':
      return { level: 'warn', text: `${event.faultId} ended by its lease` }
    case 'warden-gone':
      return { level: 'error', text: 'the warden is gone: its proxies and faults ended with it' }
  }
}
