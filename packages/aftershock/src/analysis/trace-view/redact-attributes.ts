import type { AttributeValue } from '../../model/span-table.ts'

export type PlainAttributes = Readonly<Record<string, string | number | boolean>>

export type Redacted = {
  readonly attributes: PlainAttributes
  /** Names of the attributes whose value was taken out, wholly or in part. */
  readonly names: readonly string[]
}

export const REDACTED = '[redacted]'
const LIMITS = { attributesMax: 64, valueCharsMax: 1000 }

const SECRET_NAME =
  /authorization|cookie|passw(or)?d|passphrase|secret|token|api[-_.]?key|access[-_.]?key|private[-_.]?key|credential|session[-_.]?id|\bssn\b|\bjwt\b/i
/** Parts of a value that are secret whatever the attribute is called. */
const SECRET_VALUES: readonly RegExp[] = [
  /\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/gi,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /(?<=:\/\/)[^\s/:@]+:[^\s/@]+(?=@)/g,
  /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g,
  /(?<=[?&](?:token|key|api_?key|password|secret|sig|signature|access_token)=)[^&\s#]+/gi,
]

/**
 * Attributes as a report may show them: nested values as JSON text, long ones cut, secret-looking ones
 * replaced by `[redacted]`. Numbers and booleans stay (a count of tokens is no secret).
 */
export function redactAttributes(attributes: Readonly<Record<string, AttributeValue>>): Redacted {
  const kept: Record<string, string | number | boolean> = {}
  const names: string[] = []
  for (const [name, value] of Object.entries(attributes).slice(0, LIMITS.attributesMax)) {
    if (typeof value === 'number' || typeof value === 'boolean') {
      kept[name] = value
      continue
    }
    const shown = SECRET_NAME.test(name) ? REDACTED : redactText(plainText(value))
    if (shown.includes(REDACTED)) names.push(name)
    Object.defineProperty(kept, name, { value: cut(shown), enumerable: true })
  }
  return { attributes: kept, names }
}

/** Takes credentials, tokens and addresses of people out of a text. */
export function redactText(text: string): string {
  let shown = text
  for (const pattern of SECRET_VALUES) shown = shown.replace(pattern, REDACTED)
  return shown
}

function plainText(value: AttributeValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function cut(text: string): string {
  return text.length <= LIMITS.valueCharsMax ? text : `${text.slice(0, LIMITS.valueCharsMax)}… (cut)`
}
