import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { pythonEquals } from './python-compare.ts'
import { PythonError } from './python-error.ts'
import { isDict, isList, isObject, type PyDict, type PyKey, type PyList, type PyValue } from './values.ts'
import { plainScalar, yamlFloat, yamlInteger, yamlTimestamp } from './yaml-scalar.ts'

/** What an alias may blow a text up to. */
const NODES_MAX = 1_000_000
const DEPTH_MAX = 400
const CORE = 'tag:yaml.org,2002:'

/**
 * `yaml.safe_load`: one document of YAML 1.1 as PyYAML reads it. Aliases share the same node, as in Python.
 * @throws PythonError `yaml.YAMLError` and its kin, first line of the message as PyYAML's where known
 */
export function readYaml(text: string): PyValue {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    version: '1.1',
    schema: 'failsafe',
    // Of the failsafe schema every scalar is text; we give it its type ourselves.
    merge: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
    strict: true,
    uniqueKeys: false,
  })
  if (!Array.isArray(documents)) return null
  const [document] = documents
  if (document === undefined) return null
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `line ${line}, column ${col}`
  }
  const error = documents.flatMap((one) => one.errors)[0]
  if (error !== undefined) {
    throw new PythonError('yaml.YAMLError', `${error.message} (${place(error.pos[0])})`)
  }
  if (documents.length > 1) {
    throw new PythonError(
      'yaml.composer.ComposerError',
      `expected a single document in the stream, but found another document (${place(documents[1]?.range[0] ?? 0)})`,
    )
  }
  const builder: Builder = { built: new Map(), anchors: new Map(), open: new Set(), nodes: 0, place }
  return document.contents === null ? null : build(document.contents, builder, 0)
}

type Builder = {
  readonly built: Map<Node, PyValue>
  readonly anchors: Map<string, Node>
  /** Nodes whose children are being built: an alias to one would make a circle, which no journal can hold. */
  readonly open: Set<Node>
  nodes: number
  readonly place: (offset: number) => string
}

function build(node: unknown, builder: Builder, depth: number): PyValue {
  builder.nodes += 1
  if (builder.nodes > NODES_MAX) throw yamlError('the text holds more than a million nodes', node, builder)
  if (depth > DEPTH_MAX) throw yamlError('the text is nested too deep', node, builder)
  if (node === null || node === undefined) return null
  if (isAlias(node)) {
    const target = builder.anchors.get(node.source)
    const value = target === undefined ? undefined : builder.built.get(target)
    if (target === undefined || value === undefined) {
      throw yamlError(`found undefined alias '${node.source}'`, node, builder)
    }
    if (builder.open.has(target)) {
      throw yamlError(`the alias '${node.source}' points at what it stands in`, node, builder)
    }
    return value
  }
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) throw yamlError('strange node', node, builder)
  if (node.anchor !== undefined) builder.anchors.set(node.anchor, node)
  builder.open.add(node)
  const value = isScalar(node)
    ? buildScalar(node, builder)
    : isSeq(node)
      ? buildList(node, builder, depth)
      : buildDict(node, builder, depth)
  builder.open.delete(node)
  builder.built.set(node, value)
  return value
}

function buildScalar(node: Scalar, builder: Builder): PyValue {
  const text = typeof node.value === 'string' ? node.value : String(node.value ?? '')
  const tag = node.tag
  if (tag === undefined || tag === '?') {
    return node.type === 'PLAIN' || node.type === undefined ? plainScalar(text) : text
  }
  switch (tag) {
    case '!':
    case `${CORE}str`:
      return text
    case `${CORE}int`:
      return yamlInteger(text)
    case `${CORE}float`:
      return yamlFloat(text)
    case `${CORE}null`:
      return null
    case `${CORE}bool`:
      return booleanOf(text)
    case `${CORE}timestamp`:
      return yamlTimestamp(text)
    case `${CORE}binary`:
      return binaryOf(text, node, builder)
    default:
      throw noConstructor(tag, node, builder)
  }
}

function booleanOf(text: string): boolean {
  const value = plainScalar(text.toLowerCase())
  if (typeof value !== 'boolean') throw new PythonError('KeyError', `'${text}'`)
  return value
}

function binaryOf(text: string, node: Node, builder: Builder): PyValue {
  try {
    const bytes = atob(text.replaceAll(/\s/g, ''))
    const repr = [...bytes].map((char) => (/[ -&(-[\]-~]/.test(char) ? char : `\\x${hexOf(char)}`)).join('')
    return {
      pythonType: 'bytes',
      text: `b'${repr}'`,
      repr: `b'${repr}'`,
      json: undefined,
      isTrue: bytes !== '',
    }
  } catch {
    throw yamlError('failed to decode base64 data', node, builder)
  }
}

function hexOf(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(2, '0')
}

function buildList(node: YAMLSeq, builder: Builder, depth: number): PyValue {
  const list: PyList = []
  // Before its items, so that an alias inside may point back at it.
  builder.built.set(node, list)
  for (const item of node.items) {
    list.push(isPair(item) ? buildPairs([item], node, builder, depth + 1) : build(item, builder, depth + 1))
  }
  if (isOwnTag(node.tag, 'seq')) return list
  throw noConstructor(node.tag ?? '', node, builder)
}

function buildDict(node: YAMLMap, builder: Builder, depth: number): PyValue {
  const value = buildPairs(node.items, node, builder, depth)
  if (node.tag === `${CORE}set`) return setOf(value)
  if (isOwnTag(node.tag, 'map')) return value
  throw noConstructor(node.tag ?? '', node, builder)
}

function buildPairs(
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  node: Node,
  builder: Builder,
  depth: number,
): PyDict {
  const dict: PyDict = new Map<PyKey, PyValue>()
  builder.built.set(node, dict)
  const merged: PyDict = new Map<PyKey, PyValue>()
  for (const pair of pairs) {
    if (!isMerge(pair.key)) continue
    for (const source of mergeSources(build(pair.value, builder, depth + 1), node, builder)) {
      for (const [key, value] of source) if (!merged.has(key)) merged.set(key, value)
    }
  }
  // Merged keys come first, as PyYAML puts them; own keys then replace their values.
  for (const [key, value] of merged) dict.set(key, value)
  for (const pair of pairs) {
    if (isMerge(pair.key)) continue
    const key = build(pair.key, builder, depth + 1)
    dict.set(keyOf(key, node, builder), build(pair.value, builder, depth + 1))
  }
  return dict
}

function isMerge(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<' && key.tag === undefined
}

function mergeSources(value: PyValue, node: Node, builder: Builder): readonly PyDict[] {
  const sources = isList(value) ? value : [value]
  return sources.map((source) => {
    if (isDict(source)) return source
    throw yamlError('expected a mapping or list of mappings for merging', node, builder)
  })
}

/** One key of a dict: 1, 1.0 and True are the same to Python; lists and dicts are none. */
function keyOf(key: PyValue, node: Node, builder: Builder): PyKey {
  if (isDict(key) || isList(key)) throw yamlError('found unhashable key', node, builder)
  if (isObject(key)) return key.json ?? key.text
  return typeof key === 'number' && Number.isInteger(key) && pythonEquals(key, BigInt(key))
    ? BigInt(key)
    : key
}

function setOf(dict: PyDict): PyValue {
  const items = [...dict.keys()].map((key) => (typeof key === 'string' ? `'${key}'` : String(key)))
  const repr = items.length === 0 ? 'set()' : `{${items.join(', ')}}`
  return { pythonType: 'set', text: repr, repr, json: undefined, isTrue: items.length > 0 }
}

function isOwnTag(tag: string | undefined, name: string): boolean {
  return tag === undefined || tag === '!' || tag === `${CORE}${name}`
}

function noConstructor(tag: string, node: Node, builder: Builder): PythonError {
  return yamlError(`could not determine a constructor for the tag '${tag}'`, node, builder)
}

function yamlError(message: string, node: unknown, builder: Builder): PythonError {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  const offset: unknown = Array.isArray(range) ? range[0] : undefined
  const place = typeof offset === 'number' ? ` (${builder.place(offset)})` : ''
  return new PythonError('yaml.constructor.ConstructorError', `${message}${place}`)
}
