import type { PyKey, PyValue } from './values.ts'

/** One step of a path: from a node to nodes. */
export type Selector =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly start?: number; readonly end?: number; readonly step?: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Operand[] }
  /** Filters the node itself, not its children. */
  | { readonly kind: 'filter'; readonly test: Expression }
  /** The value found there is the name or index. */
  | { readonly kind: 'indirect'; readonly path: JsonPath }

export type Step = { readonly kind: 'child' | 'descendants'; readonly selectors: readonly Selector[] }
export type JsonPath = { readonly root: '$' | '@'; readonly steps: readonly Step[] }
export type Operand =
  | { readonly kind: 'path'; readonly path: JsonPath }
  | { readonly kind: 'value'; readonly value: PyValue }

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains'
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  /** A path that leads somewhere, or a value that is true to Python. */
  | { readonly kind: 'holds'; readonly operand: Operand }
  | {
      readonly kind: 'compare'
      readonly operator: Operator
      readonly left: Operand
      readonly right: Operand
    }

const DEPTH_MAX = 200
const TOKEN =
  /\s*(?:(\.\.|!=|<=|>=|[$@.,:?()[\]{}*=<>])|("(?:[^"\\]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?(?:0|[1-9]\d*))?)|([A-Za-z_][A-Za-z0-9_]*))/y

/** They are no names, not even after a point. */
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'true', 'false', 'null'])
const FUNCTIONS: ReadonlySet<string> = new Set(['length', 'keys', 'values', 'entries', 'charAt', 'substring'])

type Reader = { readonly tokens: readonly string[]; at: number; depth: number }

/** The dialect of jsonpath2 (design: starts with `$`, one `=`, a filter tests the node itself). @returns undefined when it is no such path */
export function parseJsonPath(text: string): JsonPath | undefined {
  const tokens = tokensOf(text)
  if (tokens === undefined) return undefined
  const reader: Reader = { tokens, at: 0, depth: 0 }
  try {
    if (reader.tokens[0] !== '$') return undefined
    const path = readPath(reader)
    return reader.at === tokens.length ? path : undefined
  } catch (error) {
    if (error instanceof NotAPath) return undefined
    throw error
  }
}

class NotAPath extends Error {}

function tokensOf(text: string): readonly string[] | undefined {
  const source = text.trimEnd()
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source)
    if (match === null || [...(match[2] ?? '')].some((char) => char < ' ')) return undefined
    tokens.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '')
  }
  return tokens
}

function readPath(reader: Reader): JsonPath {
  const root = next(reader)
  if (root !== '$' && root !== '@') throw new NotAPath()
  const steps: Step[] = []
  for (;;) {
    const token = reader.tokens[reader.at]
    if (token === '[') steps.push({ kind: 'child', selectors: readBrackets(reader) })
    else if (token === '.') {
      reader.at += 1
      steps.push({ kind: 'child', selectors: [readBareword(reader)] })
    } else if (token === '..') {
      reader.at += 1
      const isBracket = reader.tokens[reader.at] === '['
      const selectors = isBracket ? readBrackets(reader) : [readBareword(reader)]
      steps.push({ kind: 'descendants', selectors })
    } else return { root, steps }
  }
}

function readBareword(reader: Reader): Selector {
  const token = next(reader)
  if (token === '*') return { kind: 'all' }
  if (!isName(token)) throw new NotAPath()
  if (reader.tokens[reader.at] !== '(') return { kind: 'name', name: token }
  if (!FUNCTIONS.has(token)) throw new NotAPath()
  return { kind: 'call', name: token, args: readArguments(reader) }
}

function readBrackets(reader: Reader): readonly Selector[] {
  expect(reader, '[')
  const selectors = [readSelector(reader)]
  while (reader.tokens[reader.at] === ',') {
    reader.at += 1
    selectors.push(readSelector(reader))
  }
  expect(reader, ']')
  return selectors
}

function readSelector(reader: Reader): Selector {
  const token = reader.tokens[reader.at]
  if (token === '*') {
    reader.at += 1
    return { kind: 'all' }
  }
  if (token === '$' || token === '@') return { kind: 'indirect', path: readPath(reader) }
  if (token === '?') return readFilter(reader)
  if (token?.startsWith('"') === true) {
    reader.at += 1
    return { kind: 'name', name: token.slice(1, -1) }
  }
  if (isName(token)) {
    const call = readBareword(reader)
    if (call.kind !== 'call') throw new NotAPath()
    return call
  }
  return readIndexOrSlice(reader)
}

function readFilter(reader: Reader): Selector {
  reader.at += 1
  expect(reader, '(')
  const test = readExpression(reader)
  expect(reader, ')')
  return { kind: 'filter', test }
}

function readIndexOrSlice(reader: Reader): Selector {
  const start = readInteger(reader)
  if (reader.tokens[reader.at] !== ':') {
    if (start === undefined) throw new NotAPath()
    return { kind: 'index', index: start }
  }
  reader.at += 1
  const end = readInteger(reader)
  let step: number | undefined
  if (reader.tokens[reader.at] === ':') {
    reader.at += 1
    step = readInteger(reader)
  }
  return {
    kind: 'slice',
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(step !== undefined && { step }),
  }
}

function readInteger(reader: Reader): number | undefined {
  const token = reader.tokens[reader.at] ?? ''
  if (!/^-?\d/.test(token)) return undefined
  if (!/^-?\d+$/.test(token)) throw new NotAPath()
  reader.at += 1
  return Number(token)
}

function readArguments(reader: Reader): readonly Operand[] {
  expect(reader, '(')
  return readItems(reader, ')', readOperand)
}

/** `and` binds looser than `or`: the grammar is an and of ors. */
function readExpression(reader: Reader): Expression {
  reader.depth += 1
  if (reader.depth > DEPTH_MAX) throw new NotAPath()
  const parts = [readOr(reader)]
  while (reader.tokens[reader.at] === 'and') {
    reader.at += 1
    parts.push(readOr(reader))
  }
  reader.depth -= 1
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'and', parts }
}

function readOr(reader: Reader): Expression {
  const parts = [readNot(reader)]
  while (reader.tokens[reader.at] === 'or') {
    reader.at += 1
    parts.push(readNot(reader))
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'or', parts }
}

function readNot(reader: Reader): Expression {
  const token = reader.tokens[reader.at]
  if (token === 'not') {
    reader.at += 1
    reader.depth += 1
    if (reader.depth > DEPTH_MAX) throw new NotAPath()
    return { kind: 'not', part: readNot(reader) }
  }
  if (token === '(') {
    reader.at += 1
    const inner = readExpression(reader)
    expect(reader, ')')
    return inner
  }
  const left = readOperand(reader)
  const operator = OPERATORS.find((one) => one === reader.tokens[reader.at])
  if (operator === undefined) return { kind: 'holds', operand: left }
  reader.at += 1
  return { kind: 'compare', operator, left, right: readOperand(reader) }
}

const OPERATORS: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=', 'contains']

function readOperand(reader: Reader): Operand {
  const token = reader.tokens[reader.at]
  if (token === '$' || token === '@') return { kind: 'path', path: readPath(reader) }
  return { kind: 'value', value: readLiteral(reader) }
}

/** JSON among our tokens; text stays as it is written, escapes and all. */
function readLiteral(reader: Reader): PyValue {
  const token = next(reader)
  if (token.startsWith('"')) return token.slice(1, -1)
  if (token === 'true' || token === 'false') return token === 'true'
  if (token === 'null') return null
  if (/^-?\d+$/.test(token)) return BigInt(token)
  if (/^-?\d/.test(token)) return Number(token)
  reader.depth += 1
  if (reader.depth > DEPTH_MAX || (token !== '[' && token !== '{')) throw new NotAPath()
  const value =
    token === '[' ? readItems(reader, ']', readLiteral) : new Map(readItems(reader, '}', readPair))
  reader.depth -= 1
  return value
}

function readPair(reader: Reader): readonly [PyKey, PyValue] {
  const key = next(reader)
  if (!key.startsWith('"')) throw new NotAPath()
  expect(reader, ':')
  return [key.slice(1, -1), readLiteral(reader)]
}

function readItems<T>(reader: Reader, close: string, read: (reader: Reader) => T): T[] {
  const items: T[] = []
  while (reader.tokens[reader.at] !== close) {
    if (items.length > 0) expect(reader, ',')
    items.push(read(reader))
  }
  reader.at += 1
  return items
}

function isName(token: string | undefined): token is string {
  return token !== undefined && /^[A-Za-z_]/.test(token) && !WORDS.has(token)
}

function next(reader: Reader): string {
  const token = reader.tokens[reader.at]
  if (token === undefined) throw new NotAPath()
  reader.at += 1
  return token
}

function expect(reader: Reader, token: string): void {
  if (next(reader) !== token) throw new NotAPath()
}
