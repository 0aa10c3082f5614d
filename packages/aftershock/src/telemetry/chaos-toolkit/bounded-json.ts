import { isDict, isList, isObject, type PyValue } from '../../formats/chaos-toolkit/values.ts'

export type JsonBounds = {
  readonly charactersMax: number
  /** Texts that must not leave: the values of the experiment's secrets. */
  readonly secrets: readonly string[]
}

const hidden = '"***"'
const secretKey = /pass(word|wd)?$|secret|token|api[-_]?key|authorization|credential|private[-_]?key|cookie/i

/** A value as JSON on one line, as `json.dumps` spaces it; cut where it is too long, secrets hidden. */
export function boundedJson(value: PyValue, bounds: JsonBounds): string {
  const parts: string[] = []
  let length = 0
  const put = (text: string): void => {
    if (length < bounds.charactersMax) parts.push(text)
    length += text.length
  }
  const items = (open: string, close: string, each: Iterable<() => void>): void => {
    put(open)
    let isFirst = true
    for (const one of each) {
      if (length >= bounds.charactersMax) return
      if (!isFirst) put(', ')
      isFirst = false
      one()
    }
    put(close)
  }
  const write = (one: PyValue): void => {
    if (isList(one)) items('[', ']', lazily(one, write))
    else if (isDict(one))
      items(
        '{',
        '}',
        lazily(one, ([key, child]) => {
          put(`${JSON.stringify(String(key))}: `)
          if (typeof key === 'string' && secretKey.test(key) && child !== null) put(hidden)
          else write(child)
        }),
      )
    else put(scalar(one, bounds))
  }
  write(value)
  const text = parts.join('')
  return text.length <= bounds.charactersMax && length === text.length
    ? text
    : `${text.slice(0, bounds.charactersMax)}…`
}

/** Text without the values of secrets: short ones, which may be a part of any word, only where they stand alone. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => {
    if (secret.length >= LONG) return left.replaceAll(secret, '***')
    return left.includes(secret) ? left.replaceAll(alone(secret), '***') : left
  }, text)
}

/** Characters from which on a text is told from parts of ordinary words. */
const LONG = 5

function alone(secret: string): RegExp {
  const literal = secret.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return new RegExp(`(?<![\\p{L}\\p{N}_])${literal}(?![\\p{L}\\p{N}_])`, 'gu')
}

/** The texts in a secrets document, longest first: one may hold another. */
export function secretTexts(value: PyValue): readonly string[] {
  return textsIn(value).toSorted((a, b) => b.length - a.length)
}

function textsIn(value: PyValue): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (isList(value)) return value.flatMap(textsIn)
  return isDict(value) ? [...value.values()].flatMap(textsIn) : []
}

function* lazily<T>(items: Iterable<T>, write: (item: T) => void): Iterable<() => void> {
  for (const item of items) yield () => write(item)
}

function scalar(value: Exclude<PyValue, PyValue[] | Map<never, never>>, bounds: JsonBounds): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return text(value, bounds)
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value)
  if (isObject(value as PyValue)) {
    const object = value as { readonly json: string | undefined; readonly text: string }
    return text(object.json ?? object.text, bounds)
  }
  return String(value)
}

/** What is cut away anyway need not be searched. */
function text(value: string, { charactersMax, secrets }: JsonBounds): string {
  return JSON.stringify(withoutSecrets(value, secrets).slice(0, charactersMax))
}
