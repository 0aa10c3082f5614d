import type { RunResult } from '../model/result.ts'

/**
 * `result.json` in pieces: as `JSON.stringify(result, null, 1)` writes it, and a line feed. One text of hundreds of
 * thousands of requests would take more memory than their analysis.
 */
export function* resultJson(result: RunResult): Generator<string> {
  let before = '{\n '
  for (const [name, value] of Object.entries(result)) {
    if (value === undefined) continue
    yield `${before}${JSON.stringify(name)}: `
    yield* Array.isArray(value) ? listPieces(value) : [inner(JSON.stringify(value, null, 1))]
    before = ',\n '
  }
  yield '\n}\n'
}

/** Short enough for memory that is collected often. */
const ELEMENTS_A_PIECE = 100

function* listPieces(list: readonly unknown[]): Generator<string> {
  if (list.length === 0) return yield '[]'
  for (let from = 0; from < list.length; from += ELEMENTS_A_PIECE) {
    const text = inner(JSON.stringify(list.slice(from, from + ELEMENTS_A_PIECE), null, 1))
    // Between the brackets, of which the list has one pair.
    yield `${from === 0 ? '[' : ','}${text.slice('['.length, -'\n ]'.length)}`
  }
  yield '\n ]'
}

/** One level further in; texts have no line feeds in JSON. */
function inner(json: string): string {
  return json.replaceAll('\n', '\n ')
}
