import { pythonTruth } from './python-compare.ts'
import { pythonText } from './python-text.ts'
import { isDict, isList, type PyDict, type PyKey, type PyValue } from './values.ts'

/** Where names are looked up: configuration first, then each scope of the secrets in order. */
export type Scope = { readonly configuration: PyDict; readonly secrets: PyDict }

const PATTERN = /\$(?:(\$)|([_a-zA-Z][_a-zA-Z0-9]*)|\{([_a-zA-Z][_a-zA-Z0-9]*)\})/g
const WHOLE = /^\$\{([_a-zA-Z][_a-zA-Z0-9]*)\}$/

/**
 * Python's `string.Template` over the text in a value (not over keys, not over what was put in). `${name}` alone
 * keeps the value's type; anything else becomes text. Unknown names stay as they are. Returns a new value.
 */
export function substitute(value: PyValue, scope: Scope): PyValue {
  if (typeof value === 'string') return substituteText(value, scope)
  if (isList(value)) return value.map((item) => substitute(item, scope))
  if (isDict(value)) {
    return new Map<PyKey, PyValue>([...value].map(([key, item]) => [key, substitute(item, scope)]))
  }
  return value
}

/** The reference substitutes arguments only when there is something to substitute from: `$$` stays `$$` otherwise. */
export function hasNames(scope: Scope): boolean {
  return pythonTruth(scope.configuration) || pythonTruth(scope.secrets)
}

function substituteText(text: string, scope: Scope): PyValue {
  if (!text.includes('$')) return text
  const whole = WHOLE.exec(text)?.[1]
  if (whole !== undefined) {
    const value = lookUp(whole, scope)
    return value === undefined ? text : value
  }
  return text.replaceAll(PATTERN, (match, escaped, named, braced) => {
    if (escaped !== undefined) return '$'
    const value = lookUp(String(named ?? braced), scope)
    return value === undefined ? match : pythonText(value)
  })
}

function lookUp(name: string, scope: Scope): PyValue | undefined {
  const own = scope.configuration.get(name)
  if (own !== undefined) return own
  for (const secret of scope.secrets.values()) {
    const value = isDict(secret) ? secret.get(name) : undefined
    if (value !== undefined) return value
  }
  return undefined
}
