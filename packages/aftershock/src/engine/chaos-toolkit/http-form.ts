import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, isList, type PyValue } from '../../formats/chaos-toolkit/values.ts'

/** `urlencode(..., doseq=True)`: lists repeat their name, nulls are left out, values as `str()` writes them. */
export function formEncoded(given: PyValue): string {
  const pairs = isDict(given) ? [...given] : isList(given) ? given.filter(isPair) : []
  return pairs
    .flatMap(([name, value]) =>
      valuesOf(value ?? null).map((one) => [pythonText(name ?? null), one] as const),
    )
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${plusEncoded(name)}=${plusEncoded(pythonText(value))}`)
    .join('&')
}

/** An address with its arguments behind what it asks already. */
export function withQuery(url: string, given: PyValue): string {
  const query = typeof given === 'string' ? given : formEncoded(given)
  if (query === '') return url
  const [address = '', hash] = url.split('#', 2)
  const joint = !address.includes('?') ? '?' : /[?&]$/.test(address) ? '' : '&'
  return `${address}${joint}${query}${hash === undefined ? '' : `#${hash}`}`
}

function isPair(value: PyValue): value is [PyValue, PyValue] {
  return isList(value) && value.length === 2
}

function valuesOf(value: PyValue): readonly PyValue[] {
  if (isList(value)) return value
  return isDict(value) ? [...value.keys()] : [value]
}

/** `quote_plus`: everything but letters, digits and `_.-~`. */
function plusEncoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
