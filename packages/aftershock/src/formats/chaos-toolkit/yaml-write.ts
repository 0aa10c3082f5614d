import { floatText } from './python-text.ts'
import { isDict, isList, type PyDict, type PyKey, type PyValue } from './values.ts'
import { yamlText } from './yaml-write-text.ts'

export type YamlLayout = {
  readonly order: 'sorted' | 'kept'
  /** Spaces a level. */
  readonly step: 2 | 4
}

/** `yaml.dump` in block style, as PyYAML lays it out. */
export function writeYaml(value: PyValue, layout: YamlLayout): string {
  if (isFilled(value)) return `${block(value, 0, layout).join('\n')}\n`
  const text = scalar(value, { column: 0, indent: layout.step, role: 'value' })
  // A bare scalar ends the document, as PyYAML writes it.
  const isBare = !isDict(value) && !isList(value) && !/^['"]/.test(text)
  return isBare ? `${text}\n...\n` : `${text}\n`
}

function block(value: PyDict | PyValue[], indent: number, layout: YamlLayout): string[] {
  if (isList(value)) return value.flatMap((item) => marked('-', item, indent, layout))
  return entriesOf(value, layout).flatMap(([key, item]) => {
    const head = scalar(key, { column: indent, indent: indent + layout.step, role: 'key' })
    if (!isShort(key)) {
      return [...marked('?', key, indent, layout), ...marked(':', item, indent, layout)]
    }
    const line = `${' '.repeat(indent)}${head}:`
    if (!isFilled(item)) return [withScalar(line, item, indent, layout)]
    return [line, ...block(item, isList(item) ? indent : indent + layout.step, layout)]
  })
}

/** What follows a mark stands beside it, as far in as a level. */
function marked(mark: '-' | '?' | ':', item: PyValue, indent: number, layout: YamlLayout): string[] {
  const line = `${' '.repeat(indent)}${mark}`
  if (!isFilled(item)) return [withScalar(line, item, indent, layout)]
  const inner = indent + layout.step
  const [first = '', ...rest] = block(item, inner, layout)
  return [`${line.padEnd(inner)}${first.slice(inner)}`, ...rest]
}

function withScalar(line: string, item: PyValue, indent: number, { step }: YamlLayout): string {
  return `${line} ${scalar(item, { column: line.length + 1, indent: indent + step, role: 'value' })}`
}

const KEY_CHARS_MAX = 122

function isShort(key: PyKey): boolean {
  return (
    typeof key !== 'string' ||
    (key !== '' && !/[\n\x85\u2028\u2029]/.test(key) && [...key].length <= KEY_CHARS_MAX)
  )
}

function isFilled(value: PyValue): value is PyDict | PyValue[] {
  return isDict(value) ? value.size > 0 : isList(value) && value.length > 0
}

/** Python sorts texts or numbers; keys of both kinds stay as they are. */
function entriesOf(value: PyDict, { order }: YamlLayout): readonly (readonly [PyKey, PyValue])[] {
  const entries = [...value]
  if (order === 'kept') return entries
  if (entries.every(([key]) => typeof key === 'string'))
    return entries.sort(([a], [b]) => byCodePoint(String(a), String(b)))
  const isNumber = (key: PyKey) => key !== null && typeof key !== 'string'
  return entries.every(([key]) => isNumber(key)) ? entries.sort(([a], [b]) => Number(a) - Number(b)) : entries
}

function byCodePoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  const at = left.findIndex((char, i) => char !== right[i])
  if (at === -1) return left.length - right.length
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1)
}

function scalar(value: PyValue, place: Parameters<typeof yamlText>[1]): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return yamlFloatText(value)
  if (typeof value === 'string') return yamlText(value, place)
  if (isDict(value)) return '{}'
  if (isList(value)) return '[]'
  return value.pythonType.startsWith('datetime.') ? value.text : yamlText(value.json ?? value.text, place)
}

function yamlFloatText(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const text = floatText(value)
  // Without a point YAML 1.1 takes an exponent for text.
  return text.includes('.') ? text : text.replace('e', '.0e')
}
