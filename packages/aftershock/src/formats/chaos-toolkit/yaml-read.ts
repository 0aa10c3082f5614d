import {
  type Document,
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
import { bytesRepr } from './python-text.ts'
import { isDict, isList, isObject, type PyDict, type PyKey, type PyList, type PyValue } from './values.ts'
import { plainScalar, yamlFloat, yamlInteger, yamlTimestamp } from './yaml-scalar.ts'

/** What an alias may blow a text up to. */
const NODES_MAX = 1_000_000
const DEPTH_MAX = 400
/** Of quoted text that is indented less than its key. */
const QUOTED_LINES_MAX = 50
const DEEPER = 100
const CORE = 'tag:yaml.org,2002:'

/**
 * `yaml.safe_load`: one document of YAML 1.1 as PyYAML reads it. Aliases share the same node, as in Python.
 * @throws PythonError `yaml.YAMLError` and its kin, first line of the message as PyYAML's where known
 */
export function readYaml(text: string): PyValue {
  const { documents, place } = documentsIn(text, QUOTED_LINES_MAX)
  const [document] = documents
  if (document === undefined) {
    if (!/^%/m.test(text)) return null
    throw new PythonError('yaml.parser.ParserError', "expected '<document start>' after a directive")
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

type Parsed = { readonly documents: readonly Document.Parsed[]; readonly place: (offset: number) => string }

/**
 * In PyYAML a quoted text goes on at any indentation; the parser wants it deeper than its key. Spaces there count for
 * nothing, so some are put in.
 */
function documentsIn(text: string, linesLeft: number): Parsed {
  const lines = new LineCounter()
  const found = parseAllDocuments(text, {
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
  const documents = Array.isArray(found) ? found : []
  const broken = documents.flatMap((one) => one.errors)[0]
  const end = broken?.message.startsWith('Missing closing') ? broken.pos[0] : text.length
  if (linesLeft > 0 && /\r?\n/y.test(text.slice(end, end + 2))) {
    const next = text.indexOf('\n', end) + 1
    return documentsIn(`${text.slice(0, next)}${' '.repeat(DEEPER)}${text.slice(next)}`, linesLeft - 1)
  }
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `line ${line}, column ${col}`
  }
  return { documents, place }
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
  if (node.anchor !== undefined) {
    if (builder.anchors.has(node.anchor)) {
      throw yamlError(`found duplicate anchor '${node.anchor}'`, node, builder)
    }
    builder.anchors.set(node.anchor, node)
  }
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
    const bytes = Uint8Array.from(atob(text.replaceAll(/\s/g, '')), (char) => char.charCodeAt(0))
    const repr = bytesRepr(bytes)
    return { pythonType: 'bytes', text: repr, repr, json: undefined, isTrue: bytes.length > 0 }
  } catch {
    throw yamlError('failed to decode base64 data', node, builder)
  }
}

function buildList(node: YAMLSeq, builder: Builder, depth: number): PyValue {
  const list: PyList = []
  // Before its items, so that an alias inside may point back at it.
  builder.built.set(node, list)
  for (const item of node.items) {
    list.push(isPair(item) ? buildPairs([item], node, builder, depth + 1) : build(item, builder, depth + 1))
  }
  if (isOwnTag(node.tag, 'seq')) return list
  if (node.tag === `${CORE}omap` || node.tag === `${CORE}pairs`) return pairsOf(list, node, builder)
  throw noConstructor(node.tag ?? '', node, builder)
}

/** `!!omap`: a list of pairs, written as mappings with one key each. */
function pairsOf(list: PyList, node: Node, builder: Builder): PyValue {
  return list.map((item): PyValue => {
    const [pair] = isDict(item) && item.size === 1 ? item : []
    if (pair === undefined) throw yamlError('expected a mapping of length 1', node, builder)
    return [pair[0], pair[1]]
  })
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
    const key = keyOf(build(pair.key, builder, depth + 1), node, builder)
    dict.set(sameKeyIn(dict, key), build(pair.value, builder, depth + 1))
  }
  return dict
}

/** To Python 1 and True are one key, and the first of them stays. */
function sameKeyIn(dict: PyDict, key: PyKey): PyKey {
  if (typeof key === 'string' || dict.has(key)) return key
  return [...dict.keys()].find((own) => pythonEquals(own, key)) ?? key
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
  return typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key
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
