/**
 * The numeric `code` of the DOMExceptions that abort a request. Node's fetch instrumentation writes it as
 * `error.type`. Source: Web IDL, "DOMException names table".
 */
const DOM_EXCEPTIONS: Readonly<Record<string, string>> = {
  '19': 'NetworkError',
  '20': 'AbortError',
  '23': 'TimeoutError',
}

/** An `error.type` as people know it: names stay, the codes of DOMExceptions become their names. */
export function errorName(errorType: string): string {
  return DOM_EXCEPTIONS[errorType] ?? errorType
}
