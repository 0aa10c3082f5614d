import {
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Tags,
} from 'yaml'
import { type Decoded, decoded, type Problem, undecoded, type Where } from '../model/problem.ts'

/** YAML or JSON that somebody wrote, with the name to show for it. */
export type SourceText = { readonly file: string; readonly text: string }

/** Keys and indexes from the document's root to a node. */
export type Path = readonly (string | number)[]

/** One document of a text: its plain value, and where each node of it stands. */
export type SourceDocument = {
  readonly value: unknown
  /**
   * Line and column of a node; of the nearest ancestor that exists where the path leads nowhere.
   *
   * @param part - `key` points at the name of a field, `value` at what it holds
   */
  where(path: Path, part?: 'key' | 'value'): Where
}

/** `kubernetes`: what sigs.k8s.io/yaml reads (YAML 1.1 booleans and octals); `yaml`: YAML 1.2. */
export type Dialect = 'yaml' | 'kubernetes'

/** A manifest of a megabyte is a mistake; a result.json (JSON only) of some is not. */
export const SOURCE_LIMITS = {
  yamlCharsMax: 1_048_576,
  jsonCharsMax: 67_108_864,
  aliasesMax: 100,
  documentsMax: 1000,
}

/** Reads every document of a text; empty documents are left out. Never throws. */
export function parseSource(
  source: SourceText,
  dialect: Dialect = 'yaml',
): Decoded<readonly SourceDocument[]> {
  const text = source.text.startsWith('\uFEFF') ? source.text.slice(1) : source.text
  const json = jsonDocument({ file: source.file, text }, dialect)
  if (json !== undefined) return decoded([json])
  if (text.length > SOURCE_LIMITS.yamlCharsMax) return undecoded(tooLong(source.file, text.length))
  return yamlDocuments({ file: source.file, text }, dialect)
}

/** JSON is read by the runtime's parser, many times faster; positions are found only when asked for. */
function jsonDocument(source: SourceText, dialect: Dialect): SourceDocument | undefined {
  if (!/^\s*[{[]/.test(source.text) || source.text.length > SOURCE_LIMITS.jsonCharsMax) return undefined
  let value: unknown
  try {
    value = JSON.parse(source.text)
  } catch {
    return undefined
  }
  let positions: SourceDocument['where'] | undefined
  return {
    value,
    where(path, part) {
      if (positions === undefined) {
        const documents =
          source.text.length > SOURCE_LIMITS.yamlCharsMax ? undefined : yamlDocuments(source, dialect)
        const first = documents?.ok ? documents.value[0] : undefined
        positions = first?.where ?? ((at) => ({ file: source.file, path: pathText(at) }))
      }
      return positions(path, part)
    },
  }
}

function yamlDocuments(source: SourceText, dialect: Dialect): Decoded<readonly SourceDocument[]> {
  const lines = new LineCounter()
  const place = (offset: number): Where => placeOf(source, lines, offset)
  try {
    const parsed = parseAllDocuments(source.text, {
      lineCounter: lines,
      prettyErrors: false,
      // Its warnings would go to the process, past whoever calls.
      logLevel: 'error',
      merge: true,
      ...(dialect === 'kubernetes' ? { version: '1.1' as const, customTags: kubernetesTags } : {}),
    })
    const documents: SourceDocument[] = []
    const problems: Problem[] = []
    const warnings: Problem[] = []
    if (Array.isArray(parsed) && parsed.length > SOURCE_LIMITS.documentsMax) {
      return undecoded(tooMany(source.file, parsed.length))
    }
    for (const document of Array.isArray(parsed) ? parsed : []) {
      const errors = document.errors.filter((one) => !isTwice(one, dialect))
      for (const error of errors) problems.push(badYaml(source.file, error.message, place(error.pos[0])))
      for (const error of document.errors.filter((one) => isTwice(one, dialect)))
        warnings.push(writtenTwice(source.file, place(error.pos[0])))
      if (errors.length > 0 || document.contents === null) continue
      const value: unknown = document.toJS({ maxAliasCount: SOURCE_LIMITS.aliasesMax })
      if (value === null) continue
      const root: Node | null = document.contents
      documents.push({ value, where: (path, part) => whereOf(root, path, part ?? 'value', place) })
    }
    return problems.length > 0 ? undecoded(...problems) : decoded(documents, warnings)
  } catch (cause) {
    // Unresolved or excessive aliases, and nesting deeper than the stack, are thrown by the library.
    return undecoded(badYaml(source.file, messageOf(cause), place(0)))
  }
}

/** The tags of YAML 1.1 that a Kubernetes API server does not know would turn `1:30` and dates into other types. */
function kubernetesTags(tags: Tags): Tags {
  const foreign = ['timestamp', 'binary', 'omap', 'pairs', 'set'].map((name) => `tag:yaml.org,2002:${name}`)
  const known = tags.filter(
    (tag) => typeof tag === 'string' || (tag.format !== 'TIME' && !foreign.includes(tag.tag)),
  )
  return [...known, octal]
}

/** `0o17`, which its YAML 1.1 takes from 1.2. */
const octal: Exclude<Tags[number], string> = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  format: 'OCT',
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text: string) => Number.parseInt(text.replace(/0o|_/g, ''), 8),
}

/** kubectl takes the last of two fields of one name without a word. */
function isTwice(error: { readonly code: string }, dialect: Dialect): boolean {
  return dialect === 'kubernetes' && error.code === 'DUPLICATE_KEY'
}

function writtenTwice(file: string, where: Where): Problem {
  return {
    code: 'duplicate-key',
    what: `Cannot keep all that ${file} says`,
    where,
    why: 'a field may be there once: kubectl takes the last one and drops this one',
    fix: 'Remove one of them',
    level: 'warning',
  }
}

function whereOf(root: Node | null, path: Path, part: 'key' | 'value', place: (offset: number) => Where) {
  let node: unknown = root
  let key: unknown
  for (const step of path) {
    const pair = isMap(node) ? node.items.find((item) => keyOf(item) === String(step)) : undefined
    const next = isMap(node) ? pair?.value : childOf(node, step)
    if (next === undefined && pair === undefined) break
    key = pair?.key
    node = next
  }
  const pointed = part === 'key' && key !== undefined ? key : (startOf(node) ?? key)
  const offset = typeof pointed === 'number' ? pointed : (startOf(pointed) ?? 0)
  return { ...place(offset), path: pathText(path) }
}

function keyOf(item: unknown): string | undefined {
  if (!isPair(item)) return undefined
  const { key } = item as Pair
  return isScalar(key) ? String(key.value) : typeof key === 'string' ? key : undefined
}

function childOf(node: unknown, step: string | number): unknown {
  const items = typeof node === 'object' && node !== null && 'items' in node ? node.items : undefined
  return Array.isArray(items) && typeof step === 'number' ? items[step] : undefined
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  return Array.isArray(node.range) && typeof node.range[0] === 'number' ? node.range[0] : undefined
}

function placeOf(source: SourceText, lines: LineCounter, offset: number): Where {
  const { line, col } = lines.linePos(Math.min(offset, source.text.length))
  if (line < 1) return { file: source.file, line: 1, column: 1 }
  const start = lines.lineStarts[line - 1] ?? 0
  const end = source.text.indexOf('\n', start)
  const excerpt = source.text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '')
  return { file: source.file, line, column: Math.max(1, col), excerpt: excerpt.slice(0, 200) }
}

/** Problems as one meets them while reading the text. */
export function inTextOrder(problems: readonly Problem[]): readonly Problem[] {
  const key = ({ where }: Problem) => (where?.line ?? 0) * 100_000 + (where?.column ?? 0)
  return problems.toSorted((a, b) => key(a) - key(b))
}

/** `spec.templates[0].name`; `undefined` for the root. */
export function pathText(path: Path): string | undefined {
  if (path.length === 0) return undefined
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`))
    .join('')
}

function badYaml(file: string, message: string, where: Where): Problem {
  return {
    code: 'yaml-syntax',
    what: `Cannot read ${file}`,
    where,
    why: `It must be YAML or JSON: ${message}`,
    fix: 'Look at the indentation and the quotes around this line',
  }
}

function tooLong(file: string, chars: number): Problem {
  return {
    code: 'file-too-long',
    what: `Cannot read ${file}`,
    where: { file },
    why: `A file must be at most ${SOURCE_LIMITS.yamlCharsMax} characters long: it has ${chars}`,
    fix: 'Split it, or check that it is the file you meant',
  }
}

function tooMany(file: string, documents: number): Problem {
  return {
    code: 'too-many-documents',
    what: `Cannot read ${file}`,
    where: { file },
    why: `A file must hold at most ${SOURCE_LIMITS.documentsMax} documents: it holds ${documents}`,
    fix: 'Split it',
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof RangeError ? 'it is nested too deep' : String((cause as Error).message ?? cause)
}
