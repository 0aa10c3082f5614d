import type { HttpFault } from '../../model/fault.ts'
import { short } from './names.ts'

/** What an HTTPChaos does, after the service's name: `+200 ms on GET /pay`. */
export function httpWords(spec: HttpFault): string {
  const { replace, patch } = spec
  const ask = spec.target === 'Request' ? 'requests' : 'answers'
  const parts = [
    spec.abort
      ? spec.target === 'Request'
        ? 'hangs up on requests'
        : 'hangs up instead of answering'
      : undefined,
    spec.delayMs !== undefined && spec.delayMs > 0 ? `+${short(spec.delayMs)} ms` : undefined,
    replace?.code !== undefined ? `answers ${replace.code}` : undefined,
    (replace !== undefined && replace.code === undefined) || patch !== undefined
      ? `gets changed ${ask}`
      : undefined,
  ].filter((part) => part !== undefined)
  const filter = [spec.method, spec.path === '*' ? undefined : spec.path].filter((part) => part !== undefined)
  const what = parts.join(', ') || `${ask} matched, nothing done`
  return filter.length === 0 ? what : `${what} on ${filter.join(' ')}`
}

/** For result.json. */
export function httpParameters(spec: HttpFault): Readonly<Record<string, number | string>> {
  const { target, port, path, method, code, delayMs, abort, replace } = spec
  return Object.fromEntries(
    Object.entries({ target, port, path, method, code, delayMs, replaceCode: replace?.code })
      .filter((entry): entry is [string, number | string] => entry[1] !== undefined)
      .concat(abort ? [['abort', 'true']] : []),
  )
}
