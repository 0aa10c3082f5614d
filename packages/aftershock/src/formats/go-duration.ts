/** What Go's `time.ParseDuration` answers: nanoseconds, or its error text. */
export type GoDuration =
  | { readonly ok: true; readonly ns: bigint }
  | { readonly ok: false; readonly error: string }

const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const OVERFLOW = 1n << 63n

/**
 * `300ms`, `-1.5h`, `2h45m`; no days. Errors read as Go's do, so that they can be compared with a server's.
 *
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseGoDuration(text: string): GoDuration {
  const negative = text.startsWith('-')
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return { ok: true, ns: 0n }
  if (rest === '') return invalid(text)
  let total = 0n
  while (rest !== '') {
    const [, whole, point, fraction] = /^([0-9]*)(\.?)([0-9]*)/.exec(rest) ?? []
    if (whole === '' && fraction === '') return invalid(text)
    const number = BigInt(whole === '' ? 0 : whole)
    if (number > OVERFLOW) return invalid(text)
    rest = rest.slice(whole.length + point.length + fraction.length)
    const unit = /^[^.0-9]*/.exec(rest)?.[0] ?? ''
    if (unit === '') return { ok: false, error: `time: missing unit in duration ${goQuote(text)}` }
    rest = rest.slice(unit.length)
    const unitNs = Object.hasOwn(UNIT_NS, unit) ? UNIT_NS[unit] : undefined
    if (unitNs === undefined) {
      return { ok: false, error: `time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}` }
    }
    total += number * unitNs + fractionNs(fraction, unitNs)
    if (total > OVERFLOW) return invalid(text)
  }
  if (negative) return { ok: true, ns: -total }
  return total > OVERFLOW - 1n ? invalid(text) : { ok: true, ns: total }
}

/** `"300ms"` as milliseconds; undefined when Go would refuse it. */
export function goDurationMs(text: string): number | undefined {
  const duration = parseGoDuration(text)
  return duration.ok ? Number(duration.ns) / 1e6 : undefined
}

/** Digits that no longer fit into 63 bits are dropped, and the product is a float's, as in Go. */
function fractionNs(digits: string, unitNs: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit)
    if (next >= OVERFLOW) break
    value = next
    scale *= 10
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unitNs) / scale)))
}

function invalid(text: string): GoDuration {
  return { ok: false, error: `time: invalid duration ${goQuote(text)}` }
}

/** Quoted as package time quotes: bytes outside printable ASCII as `\x..`. */
function goQuote(text: string): string {
  let quoted = ''
  for (const char of text) {
    if (char === '"' || char === '\\') quoted += `\\${char}`
    else if (char < ' ' || char >= '\u0080') {
      for (const byte of new TextEncoder().encode(char)) quoted += `\\x${byte.toString(16).padStart(2, '0')}`
    } else quoted += char
  }
  return `"${quoted}"`
}
