import { floatText } from './python-text.ts'
import { isDict, isList, isObject, type PyDict, type PyKey, type PyValue } from './values.ts'
import { plainScalar } from './yaml-scalar.ts'

export type YamlOrder = 'sorted' | 'kept'

/** `yaml.dump` in block style: what PyYAML, and so `readYaml`, reads back as the same value. */
export function writeYaml(value: PyValue, order: YamlOrder): string {
  if (isDict(value) || isList(value)) {
    if (sizeOf(value) > 0) return `${block(value, '', order).join('\n')}\n`
    return `${isDict(value) ? '{}' : '[]'}\n`
  }
  // A bare scalar ends the document, as PyYAML writes it.
  return isPlain(value) ? `${scalar(value)}\n...\n` : `${scalar(value)}\n`
}

function sizeOf(value: PyDict | PyValue[]): number {
  return isDict(value) ? value.size : value.length
}

function block(value: PyDict | PyValue[], indent: string, order: YamlOrder): string[] {
  if (isList(value)) {
    return value.flatMap((item) => {
      if (!isFilled(item)) return [`${indent}- ${inline(item)}`]
      const [first = '', ...rest] = block(item, `${indent}  `, order)
      return [`${indent}- ${first.trimStart()}`, ...rest]
    })
  }
  return entriesOf(value, order).flatMap(([key, item]) => {
    const head = `${indent}${scalar(key)}:`
    if (!isFilled(item)) return [`${head} ${inline(item)}`]
    return [head, ...block(item, isList(item) ? indent : `${indent}  `, order)]
  })
}

function isFilled(value: PyValue): value is PyDict | PyValue[] {
  return (isDict(value) || isList(value)) && sizeOf(value) > 0
}

function entriesOf(value: PyDict, order: YamlOrder): readonly (readonly [PyKey, PyValue])[] {
  const entries = [...value]
  return order === 'kept' ? entries : entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
}

function inline(value: PyValue): string {
  if (isDict(value)) return '{}'
  return isList(value) ? '[]' : scalar(value)
}

function isPlain(value: PyValue): boolean {
  return !/^['"]/.test(scalar(value))
}

function scalar(value: PyValue): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return yamlFloatText(value)
  if (isObject(value)) return value.json ?? quoted(value.text)
  return typeof value === 'string' ? textScalar(value) : ''
}

function yamlFloatText(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  const text = floatText(value)
  // Without a point YAML 1.1 takes an exponent for text.
  return text.includes('.') ? text : text.replace('e', '.0e')
}

/** Nothing that YAML could take for a mark of its own. */
const PLAIN_TEXT = /^[\w./(](?:[\w ./()+,;@=~-]|:(?=[\w/.]))*$/

function textScalar(text: string): string {
  if (/[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]/.test(text)) return quoted(text)
  if (PLAIN_TEXT.test(text) && !text.endsWith(' ') && plainScalarOf(text) === text) return text
  return `'${text.replaceAll("'", "''")}'`
}

function plainScalarOf(text: string): unknown {
  try {
    return plainScalar(text)
  } catch {
    return undefined
  }
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
