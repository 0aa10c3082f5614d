import { exceptionLine, PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { errorText } from '../../model/error-text.ts'
import type { ChaosLog } from './log.ts'
import type { ExitRequest, PyError } from './ports.ts'

/** Why the method, a hypothesis or the rollbacks end before their time. */
export type StopReason =
  /** `InterruptExecution` from a control, or SIGTERM and SIGHUP. */
  | { readonly kind: 'interrupted'; readonly message: string; readonly request?: ExitRequest | undefined }
  /** Ctrl-C, SIGUSR1, SIGUSR2, `SystemExit` in an activity or a control. */
  | { readonly kind: 'exited'; readonly code: string; readonly request?: ExitRequest | undefined }
  /** Something that nobody expected: a bad URL, a reference to nothing. */
  | { readonly kind: 'crashed'; readonly error: PyError }

/** Unwinds to the runner, as the exception does in the reference; hooks on the way still run. */
export class RunStop extends Error {
  readonly reason: StopReason

  constructor(reason: StopReason) {
    super(reason.kind === 'crashed' ? `${reason.error.type}: ${reason.error.message}` : reason.kind)
    this.name = 'RunStop'
    this.reason = reason
  }
}

export function crashOf(error: PyError): RunStop {
  return new RunStop({ kind: 'crashed', error })
}

export function stopOfRequest(request: ExitRequest): RunStop {
  if (request.kind === 'terminate') {
    return new RunStop({ kind: 'interrupted', message: `${request.source} signal received`, request })
  }
  const code = request.kind === 'graceful' ? '20' : request.kind === 'ungraceful' ? '30' : 'Ctrl-C'
  return new RunStop({ kind: 'exited', code, request })
}

/** What Python would raise, as a record's `exception` tells it. */
export function pyError(type: string, message: string): PyError {
  return { type, message, traceback: ['Traceback (most recent call last):\n', exceptionLine(type, message)] }
}

export function activityFailed(message: string): PyError {
  return pyError('chaoslib.exceptions.ActivityFailed', message)
}

/** @returns undefined for an error that is ours */
export function pyErrorOf(error: unknown): PyError | undefined {
  return error instanceof PythonError ? pyError(error.pythonType, error.message) : undefined
}

/** A bug beside the main line of a run: thrown there it would end the process, with a fault in place. */
export function tellBug(run: { readonly log: ChaosLog; readonly troubles: string[] }, error: unknown): void {
  const trouble = `bug in aftershock: ${errorText(error)}`
  run.log.critical(trouble)
  run.troubles.push(trouble)
}

/** An experiment, a source or a file that cannot be run: one line for the log, exit code 1. */
export class Refused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Refused'
  }
}
