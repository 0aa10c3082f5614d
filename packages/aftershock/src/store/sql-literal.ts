import type { Interval } from '../model/window.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/**
 * Text as a ClickHouse string literal that holds exactly that text.
 *
 * Escaped here rather than bound, because bound queries are serialised process-wide by the embedded
 * engine's wrapper. Line breaks and NUL are escaped too: the engine reads a query as a C string, and
 * inline data ends at a blank line.
 */
export function sqlString(text: string): string {
  return `'${text.replace(/[\\'\0\b\f\n\r\t]/g, (found) => ESCAPES[found] ?? found)}'`
}

/** A moment as DateTime64(9). */
export function sqlMoment(momentNs: bigint): string {
  return `fromUnixTimestamp64Nano(toInt64(${clamp(momentNs)}))`
}

/** Whether a span started in the interval. */
export function sqlInterval({ startNs, endNs }: Interval): string {
  return `Timestamp >= ${sqlMoment(startNs)} AND Timestamp < ${sqlMoment(endNs)}`
}

/** A name between backticks. @throws Error when it is not a plain name */
export function sqlName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name)) throw new Error(`not a plain table name: ${name}`)
  return name
    .split('.')
    .map((part) => `\`${part}\``)
    .join('.')
}

/** DateTime64(9) ends in 2262, Int64 too; a filter beyond that means "always". */
function clamp(momentNs: bigint): bigint {
  const max = 9223372036854775807n
  return momentNs < 0n ? 0n : momentNs > max ? max : momentNs
}
