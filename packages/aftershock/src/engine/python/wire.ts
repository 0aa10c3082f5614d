import {
  isDict,
  isList,
  type PyDict,
  type PyKey,
  type PyObject,
  type PyValue,
} from '../../formats/chaos-toolkit/values.ts'

/**
 * A value as it travels between us and the Python worker; the table is in the worker's `values.py`. Plain JSON, so
 * that both sides use their own fast parsers, and no word in it can be mistaken for a value of the user's.
 */
export type Wire =
  | null
  | boolean
  | number
  | string
  | readonly Wire[]
  | { readonly d: readonly Wire[] }
  | { readonly i: string }
  | { readonly f: string }
  | { readonly n: number }
  | { readonly o: WireObject }

export type WireObject = {
  readonly type: string
  readonly text: string
  readonly repr: string
  readonly json: string | null
  readonly true: boolean
  readonly handle: number | null
}

/** `nodeOf` names shared dicts and lists by number; `undefined` = by value. */
export function toWire(
  value: PyValue,
  nodeOf: (value: PyValue) => number | undefined = () => undefined,
): Wire {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint') return integerToWire(value)
  if (typeof value === 'number') return { f: floatText(value) }
  const node = nodeOf(value)
  if (node !== undefined) return { n: node }
  if (isList(value)) return value.map((item) => toWire(item, nodeOf))
  if (isDict(value)) return { d: [...value].flatMap(([key, item]) => [toWire(key), toWire(item, nodeOf)]) }
  return { o: objectToWire(value) }
}

/** `node` gives the shared dict or list of a number. */
export function fromWire(wire: Wire, node: (id: number) => PyValue = unknownNode): PyValue {
  if (wire === null || typeof wire === 'boolean' || typeof wire === 'string') return wire
  if (typeof wire === 'number') return BigInt(wire)
  if (isWireList(wire)) return wire.map((item) => fromWire(item, node))
  if ('d' in wire) return dictFromWire(wire.d, node)
  if ('i' in wire) return BigInt(wire.i)
  if ('f' in wire) return floatOf(wire.f)
  if ('n' in wire) return node(wire.n)
  return objectFromWire(wire.o)
}

function dictFromWire(flat: readonly Wire[], node: (id: number) => PyValue): PyDict {
  const dict: PyDict = new Map()
  for (let i = 0; i + 1 < flat.length; i += 2)
    dict.set(fromWire(flat[i] as Wire) as PyKey, fromWire(flat[i + 1] as Wire, node))
  return dict
}

function isWireList(wire: Wire): wire is readonly Wire[] {
  return Array.isArray(wire)
}

function integerToWire(value: bigint): Wire {
  const isSafe = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
  return isSafe ? Number(value) : { i: String(value) }
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0.0' : String(value)
}

const WORDS: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
}

function floatOf(text: string): number {
  return WORDS[text] ?? Number(text)
}

function objectToWire(value: PyObject): WireObject {
  return {
    type: value.pythonType,
    text: value.text,
    repr: value.repr,
    json: value.json ?? null,
    true: value.isTrue,
    handle: value.handle ?? null,
  }
}

function objectFromWire(wire: WireObject): PyObject {
  return {
    pythonType: wire.type,
    text: wire.text,
    repr: wire.repr,
    json: wire.json ?? undefined,
    isTrue: wire.true,
    handle: wire.handle ?? undefined,
  }
}

function unknownNode(id: number): never {
  throw new Error(`node ${id} in a value that shares none`)
}
