const FORM = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))$/

/** An RFC 3339 time in nanoseconds since the epoch (digits beyond are cut); undefined when it is none. */
export function parseRfc3339(text: string): bigint | undefined {
  const parts = FORM.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number)
  const ms = Date.UTC(year, month - 1, day, hour, minute, second)
  const date = new Date(ms)
  // Date.UTC carries 31 February over into March, and reads years below 100 as 19xx.
  const same =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute
  if (!same || second > 59) return undefined
  const fractionNs = BigInt((parts[7] ?? '').slice(0, 9).padEnd(9, '0'))
  const offsetMinutes = parts[9] === undefined ? 0 : Number(parts[10]) * 60 + Number(parts[11])
  if (Number(parts[11] ?? 0) > 59) return undefined
  const offsetNs = BigInt(offsetMinutes) * 60_000_000_000n * (parts[9] === '-' ? -1n : 1n)
  return BigInt(ms) * 1_000_000n + fractionNs - offsetNs
}

/** UTC, with milliseconds, or nanoseconds where they are needed. */
export function rfc3339(ns: bigint): string {
  const seconds = ns / 1_000_000_000n - (ns < 0n && ns % 1_000_000_000n !== 0n ? 1n : 0n)
  const rest = ns - seconds * 1_000_000_000n
  const base = new Date(Number(seconds) * 1000).toISOString().slice(0, -5)
  if (rest === 0n) return `${base}.000Z`
  const digits = String(rest).padStart(9, '0')
  return `${base}.${digits.endsWith('000000') ? digits.slice(0, 3) : digits}Z`
}
