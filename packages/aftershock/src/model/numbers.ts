/**
 * Numbers as every output shows them, so that the same number looks the same in the terminal, the report
 * and the summary. Own formatters: `Intl` follows the machine's language and throws on odd ones
 * (`en-US@posix`).
 */

/** `1,244`; what is not a number is `–`. */
export function countText(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return '–'
  const whole = Math.round(Math.abs(count)).toString()
  return `${count <= -0.5 ? '−' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}`
}

/** `1 checkout`, `492 checkouts`: unit given in the plural. */
export function countOf(count: number, unit: string): string {
  if (Math.round(count) !== 1) return `${countText(count)} ${unit}`
  const one = /^\w+s to /.test(unit) ? unit.replace('s to ', ' to ') : unit.replace(/([^s])s$/, '$1')
  return `${countText(count)} ${one}`
}

/** Part of a whole as `41 %`, below ten with a decimal; `–` when there is no whole. */
export function shareText(part: number, whole: number): string {
  return whole > 0 ? percentText(part / whole) : '–'
}

/** 0 to 1 → `0 %`, `7.0 %`, `41 %`, `99.6 %`. A share that is not quite nothing or all never reads as such. */
export function percentText(share: number): string {
  if (!Number.isFinite(share)) return '–'
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  if (percent > 99.9 && percent < 100) return '> 99.9 %'
  const isNearAnEnd = (percent > 0 && percent < 9.95) || (percent >= 99.5 && percent < 100)
  return `${isNearAnEnd ? percent.toFixed(1) : Math.round(percent)} %`
}

/** What is judged by a limit: `41.2 %`, with as many digits as tell it from the limit, from none and from all. */
export function percentBesideLimit(share: number, limit: number): string {
  const percent = share * 100
  for (const digits of [1, 2, 3]) {
    const rounded = Number(percent.toFixed(digits))
    if ([0, limit, 1].every((end) => share === end || rounded !== Number((end * 100).toFixed(9))))
      return `${rounded} %`
  }
  return percent < 50
    ? `< ${Math.max(0.001, Math.ceil(percent * 1000) / 1000)} %`
    : `> ${Math.floor(percent * 1000) / 1000} %`
}

/** A span of time with three digits and the unit that suits: `340 µs`, `98 ms`, `1.40 s`, `3 m 04 s`. */
export function durationText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–'
  const size = Math.abs(ms)
  if (size === 0) return '0 ms'
  if (size < 0.9995) return `${Math.round(ms * 1000)} µs`
  if (size < 9.95) return `${ms.toFixed(1)} ms`
  if (size < 999.5) return `${Math.round(ms)} ms`
  if (size < 9_995) return `${(ms / 1000).toFixed(2)} s`
  if (size < 59_950) return `${(ms / 1000).toFixed(1).replace('.0', '')} s`
  const seconds = Math.round(size / 1000)
  const sign = ms < 0 ? '−' : ''
  const rest = (value: number): string => value.toString().padStart(2, '0')
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} m ${rest(seconds % 60)} s`
  return `${sign}${Math.floor(seconds / 3600)} h ${rest(Math.floor(seconds / 60) % 60)} m`
}

/** A limit or a delay as it was set: whole milliseconds, however many. */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${Math.round(ms / 100) / 10} s`
  return ms >= 10 ? `${countText(ms)} ms` : `${Math.round(ms * 10) / 10} ms`
}

/** When something was well again after the fault: `at once` under 50 ms, as nobody tells so short a time from none. */
export function backAfterText(ms: number): string {
  return isAtOnce(ms) ? 'at once' : durationText(ms)
}

export function isAtOnce(ms: number): boolean {
  return ms < AT_ONCE_MS
}

const AT_ONCE_MS = 50

/** @param also - who else was back when */
export function usersBackText(ms: number, also = ''): string {
  return `Users were back ${backAfterText(ms)} ${isAtOnce(ms) ? 'when' : 'after'} the fault ended${also}.`
}

/** With its sign: `+502 ms`, `−3.0 ms`. */
export function differenceText(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${durationText(Math.abs(ms))}`
}

/** An offset from the start of the run, in seconds: `60.0 s`. */
export function offsetText(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** A factor: `×1.6`; `–` when nothing was there before. */
export function timesText(factor: number | null | undefined): string {
  if (factor === null || factor === undefined || !Number.isFinite(factor)) return '–'
  return `×${factor.toFixed(factor >= 9.95 ? 0 : 1)}`
}

/** `412 KB`, `1.8 MB`; decimal units, as file managers show. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} KB`
  return bytes < 999_500_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}

/** RFC 3339 → `2026-11-21 03:02:10 UTC`. */
export function timeText(iso: string): string {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(iso)
  return found === null ? iso : `${found[1]} ${found[2]} UTC`
}
