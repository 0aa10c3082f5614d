import type { PyError } from '../chaos-toolkit/ports.ts'

/** What JavaScript code threw, in the form of the journal: lines that end with "\n", what it was comes last. */
export function thrownError(thrown: unknown): PyError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const last = `${error.name}: ${error.message}`
  return {
    type: error.name,
    message: error.message,
    traceback: [...frames.map((line) => `${line}\n`), `${last}\n`],
  }
}

/** The same as a failed activity, worded as for Python: `ActivityFailed: <type>: <message>`. */
export function failedError(thrown: unknown): PyError {
  const error = thrownError(thrown)
  const message = `${error.type}: ${error.message}`
  return {
    type: 'chaoslib.exceptions.ActivityFailed',
    message,
    traceback: [...error.traceback, `chaoslib.exceptions.ActivityFailed: ${message}\n`],
  }
}
