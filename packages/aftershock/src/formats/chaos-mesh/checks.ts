import { parseGoDuration } from '../go-duration.ts'
import { parseGoFloat32 } from '../go-numbers.ts'
import { parseTcRate } from '../units.ts'
import { type Fields, textAt } from './fields.ts'
import { type Report, ruleText } from './report.ts'

/** A Go duration; absent and empty pass, as the webhook's `Duration` has it. */
export function checkDuration(spec: Fields, report: Report, ...names: readonly string[]): void {
  const value = textAt(spec, ...names)
  if (value === undefined || value === '') return
  const duration = parseGoDuration(value)
  if (duration.ok) return
  const rule = `must be a Go duration (parse duration field error: ${duration.error})`
  const days = /^\d+d$/.test(value) ? `${Number.parseInt(value, 10) * 24}h` : '30s, 5m or 1h30m'
  report.error(names, 'duration', ruleText([...report.base, ...names], rule, value), `Write ${days}`)
}

/** A number in quotes: `parse correlation field error` is upstream's word for every percentage. */
export function checkPercentText(spec: Fields, report: Report, ...names: readonly string[]): void {
  const value = textAt(spec, ...names)
  if (value === undefined) return
  const path = [...report.base, ...names]
  const number = parseGoFloat32(value)
  if (!number.ok) {
    const rule = `must be a number in quotes (parse correlation field error:${number.error})`
    report.error(names, 'percent', ruleText(path, rule, value), `Write "${Number.parseFloat(value) || 25}"`)
  } else if (!(number.value >= 0 && number.value <= 100)) {
    const rule = 'is accepted, but tc refuses percentages outside 0 to 100 when the fault starts'
    report.warning(names, 'percent-range', ruleText(path, rule, value))
  }
}

/** The same, where the webhook writes `0` for a missing or an empty text. */
export function checkCorrelation(spec: Fields, report: Report, ...names: readonly string[]): void {
  if (textAt(spec, ...names) !== '') checkPercentText(spec, report, ...names)
}

export function checkRate(spec: Fields, report: Report, ...names: readonly string[]): void {
  const value = textAt(spec, ...names)
  if (value === undefined) return
  const rate = parseTcRate(value)
  if (rate.ok) return
  const rule = `must be a whole number and a unit (parse rate field error:${rate.error})`
  const fix =
    'Write for example 1mbit (bits) or 1mbps (bytes); units: bit kbit mbit gbit tbit bps kbps mbps gbps tbps'
  report.error(names, 'rate', ruleText([...report.base, ...names], rule, value), fix)
}
