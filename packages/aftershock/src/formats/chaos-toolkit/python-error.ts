/**
 * An exception of Python's that our reading of its rules raises as well: a comparison of a number with None, text
 * that is no JSON. Carries what the journal's `exception` and the log need.
 */
export class PythonError extends Error {
  /** Qualified as Python prints it: `TypeError`, `json.decoder.JSONDecodeError`. */
  readonly pythonType: string

  constructor(pythonType: string, message: string) {
    super(message)
    this.name = 'PythonError'
    this.pythonType = pythonType
  }
}

/** The last line of a traceback. */
export function exceptionLine(pythonType: string, message: string): string {
  return message === '' ? `${pythonType}\n` : `${pythonType}: ${message}\n`
}
