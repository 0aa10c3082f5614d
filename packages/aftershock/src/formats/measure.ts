import { percentBesideLimit } from '../model/numbers.ts'
import { durationText } from './duration.ts'
import { goDurationMs } from './go-duration.ts'

/** What users met over some time; latencies of successful answers, undefined when there was none. */
export type Measured = {
  readonly requests: number
  readonly errors: number
  readonly p50Ms: number | undefined
  readonly p90Ms?: number | undefined
  readonly p95Ms: number | undefined
  readonly p99Ms: number | undefined
  /** Needed for `rps` only. */
  readonly durationMs?: number | undefined
  /** Needed for `recovers within` only; undefined = not back. */
  readonly recoveredAfterMs?: number | undefined
}

/** `errors` and `availability` in percent of requests, percentiles in ms, `rps` a second, `recovery` in ms. */
export type Measure = 'errors' | 'availability' | 'p50' | 'p90' | 'p95' | 'p99' | 'rps' | 'recovery'
export type Comparison = '<' | '<=' | '>' | '>='

export const MEASURES: readonly Measure[] = ['errors', 'availability', 'p50', 'p90', 'p95', 'p99', 'rps']

/** A limit in the measure's unit, or what to write instead. */
export function limitOf(measure: Measure, text: string): number | { readonly fix: string } {
  const number = /^([0-9]*\.?[0-9]+)\s*(%|\/s|rps)?$/i.exec(text)
  if (measure === 'errors' || measure === 'availability') {
    if (number?.[2] !== '%') return { fix: `Write a percentage: ${Number.parseFloat(text) || 1}%` }
    const percent = Number(number[1])
    return percent <= 100 ? percent : { fix: 'Write a percentage from 0% to 100%' }
  }
  if (measure === 'rps')
    return number !== null && number[2] !== '%' ? Number(number[1]) : { fix: 'Write rps >= 10' }
  const ms = goDurationMs(text.replace(/\s+/g, ''))
  const bare = number !== null && number[2] === undefined
  return ms === undefined || ms < 0 || bare
    ? { fix: `Write a time with its unit: ${bare ? number[1] : 500}ms` }
    : ms
}

/** The measured value in the measure's unit; undefined when there is nothing to measure. */
export function measuredValue(measure: Measure, measured: Measured): number | undefined {
  const { requests, errors, durationMs } = measured
  switch (measure) {
    case 'errors':
      return requests === 0 ? undefined : (100 * errors) / requests
    case 'availability':
      return requests === 0 ? undefined : 100 - (100 * errors) / requests
    case 'rps':
      return durationMs === undefined || durationMs <= 0 ? undefined : (requests * 1000) / durationMs
    case 'recovery':
      return measured.recoveredAfterMs
    default:
      return measured[`${measure}Ms`]
  }
}

export function compares(value: number, comparison: Comparison, limit: number): boolean {
  switch (comparison) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
  }
}

/** `41.2 %`, `507 ms`, `19.8 a second`; a share with the digits that tell it from its limit. */
export function valueText(measure: Measure, value: number, limit = value): string {
  if (measure === 'errors' || measure === 'availability') return percentBesideLimit(value / 100, limit / 100)
  return measure === 'rps' ? `${Number(value.toFixed(1))} a second` : durationText(value)
}
