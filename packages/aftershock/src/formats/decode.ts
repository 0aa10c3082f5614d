import type { Problem } from '../model/problem.ts'
import { suggestion } from './did-you-mean.ts'
import { type Path, pathText, type SourceDocument } from './source-text.ts'

/** A value with its place in the text, and the list where its problems go. */
export type Field = {
  readonly value: unknown
  readonly path: Path
  readonly document: SourceDocument
  readonly log: DecodeLog
}

/** Every problem met while one text is decoded. */
export type DecodeLog = { readonly what: string; readonly problems: Problem[] }

export type NumberRange = { readonly min?: number; readonly max?: number; readonly integer?: boolean }

/** The root of a document. `what` begins each problem: `Cannot read aftershock.yaml`. */
export function rootField(document: SourceDocument, what: string): Field {
  return { value: document.value, path: [], document, log: { what, problems: [] } }
}

/** Notes a problem at a field; `rule` is followed by the current value. */
export function refuse(field: Field, code: string, rule: string, fix?: string): undefined {
  const name = pathText(field.path) ?? 'the file'
  field.log.problems.push({
    code,
    what: field.log.what,
    where: field.document.where(field.path),
    why: `${name} ${rule}: current value is ${shown(field.value)}`,
    fix,
  })
  return undefined
}

/** A problem whose text is not about the current value. */
export function objectTo(field: Field, code: string, why: string, fix?: string): undefined {
  const where = field.document.where(field.path, 'key')
  field.log.problems.push({ code, what: field.log.what, where, why, fix })
  return undefined
}

/** The fields of a mapping; unknown ones are problems, null ones are not set. Undefined (and a problem) when it is no mapping. */
export function fieldsOf<Name extends string>(
  field: Field,
  known: readonly Name[],
): Readonly<Record<Name, Field | undefined>> | undefined {
  const entries = entriesOf(field)
  if (entries === undefined) return undefined
  const found: Partial<Record<Name, Field>> = {}
  for (const entry of entries) {
    const name = String(entry.path.at(-1))
    const match = known.find((one) => one === name)
    if (match !== undefined) {
      if (entry.value !== null) found[match] = entry
    } else {
      objectTo(entry, 'unknown-field', `unknown field "${pathText(entry.path)}"`, suggestion(name, known))
    }
  }
  return found as Readonly<Record<Name, Field | undefined>>
}

/** The entries of a mapping whose keys are the writer's own (service names, headers). */
export function entriesOf(field: Field): readonly Field[] | undefined {
  const { value } = field
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(field, 'wrong-type', 'must be a mapping (name: value)')
  }
  return Object.entries(value).map(([key, item]) => ({ ...field, value: item, path: [...field.path, key] }))
}

export function itemsOf(field: Field): readonly Field[] {
  if (!Array.isArray(field.value)) {
    refuse(field, 'wrong-type', 'must be a list')
    return []
  }
  return field.value.map((item: unknown, at) => ({ ...field, value: item, path: [...field.path, at] }))
}

/** One value, or a list of them. */
export function oneOrMore(field: Field): readonly Field[] {
  return Array.isArray(field.value) ? itemsOf(field) : [field]
}

export function textOf(field: Field | undefined): string | undefined {
  if (field === undefined) return undefined
  if (typeof field.value !== 'string') return refuse(field, 'wrong-type', 'must be text')
  return field.value.trim() === '' ? refuse(field, 'empty-text', 'must not be empty') : field.value
}

/** Text, or a number or boolean written without quotes (labels, environment). */
export function scalarTextOf(field: Field | undefined): string | undefined {
  if (field === undefined) return undefined
  const { value } = field
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return refuse(field, 'wrong-type', 'must be text')
}

export function numberOf(field: Field | undefined, range: NumberRange = {}): number | undefined {
  if (field === undefined) return undefined
  const { value } = field
  const kind = range.integer === true ? 'an integer' : 'a number'
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range
  if (typeof value !== 'number' || Number.isNaN(value) || (range.integer && !Number.isSafeInteger(value))) {
    return refuse(field, 'wrong-type', `must be ${kind}`)
  }
  if (value < min) return refuse(field, 'number-range', `must be ${kind} >= ${min}`)
  return value > max ? refuse(field, 'number-range', `must be ${kind} <= ${max}`) : value
}

export function choiceOf<Word extends string>(
  field: Field | undefined,
  words: readonly Word[],
): Word | undefined {
  if (field === undefined) return undefined
  const match = words.find((word) => word === field.value)
  if (match !== undefined) return match
  const rule = `must be one of ${words.join(', ')}`
  return refuse(field, 'unknown-word', rule, suggestion(String(field.value), words))
}

/** A mapping of texts. */
export function textsOf(field: Field | undefined): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const entry of field === undefined ? [] : (entriesOf(field) ?? [])) {
    const text = scalarTextOf(entry)
    if (text !== undefined) texts[String(entry.path.at(-1))] = text
  }
  return texts
}

/** A value as a problem shows it: JSON, at most 120 characters. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value))
  return text.length > 120 ? `${text.slice(0, 117)}…` : text
}
