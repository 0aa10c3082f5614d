import type { ActivityOutcome, HookOutcome, PyError } from '../chaos-toolkit/ports.ts'
import { fromWire } from './wire.ts'
import type { Reply, WireError } from './worker-channel.ts'

/** A reply as the outcome of an activity. */
export function activityOutcome(reply: Reply, isAborted: boolean): ActivityOutcome {
  if (reply.kind === 'ok') return { kind: 'returned', value: fromWire(reply.value) }
  if (reply.kind === 'lost')
    return isAborted ? { kind: 'stopped' } : { kind: 'crashed', error: lostError(reply.why) }
  const error = errorOf(reply.error)
  switch (reply.error.kind) {
    case 'cancelled':
      return { kind: 'stopped' }
    case 'exited':
      return { kind: 'exited', error }
    case 'crashed':
      return { kind: 'crashed', error }
    case 'failed':
    case 'interrupted':
      return { kind: 'failed', error }
  }
}

/** A reply as the outcome of a hook. */
export function hookOutcome(reply: Reply): HookOutcome {
  if (reply.kind === 'ok') return { kind: 'done' }
  if (reply.kind === 'lost') return { kind: 'failed', error: lostError(reply.why) }
  const error = errorOf(reply.error)
  switch (reply.error.kind) {
    case 'cancelled':
    case 'exited':
      return { kind: 'exited', error }
    case 'interrupted':
      return { kind: 'interrupted', error }
    case 'failed':
    case 'crashed':
      return { kind: 'failed', error }
  }
}

export function errorOf(error: WireError): PyError {
  return { type: error.type, message: error.message, traceback: error.traceback }
}

export function lostError(why: string): PyError {
  return {
    type: 'aftershock.PythonWorkerLost',
    message: why,
    traceback: [`aftershock.PythonWorkerLost: ${why}\n`],
  }
}
