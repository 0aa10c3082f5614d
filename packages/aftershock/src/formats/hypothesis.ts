import { type Decoded, decoded, type Problem, undecoded, type Where } from '../model/problem.ts'
import type { PhaseName } from '../model/window.ts'
import { suggestion } from './did-you-mean.ts'
import {
  type Comparison,
  compares,
  limitOf,
  MEASURES,
  type Measure,
  type Measured,
  measuredValue,
  valueText,
} from './measure.ts'

/** What should stay true for users, for example `POST /checkout p95 < 500ms in chaos`. */
export type Hypothesis = {
  /** As written. */
  readonly text: string
  /** Requests whose entry is so named, or contains this; undefined = all requests. */
  readonly entry: string | undefined
  readonly measure: Measure
  readonly comparison: Comparison
  /** Percent, ms, or requests a second. */
  readonly limit: number
  readonly phase: PhaseName
}

/** Stops the run when it has been true for `forMs` without a break, for example `errors > 50% for 10s`. */
export type Guard = Omit<Hypothesis, 'phase'> & { readonly forMs: number }

/** `expected` and `actual` are words for people. */
export type HypothesisVerdict = { readonly ok: boolean; readonly expected: string; readonly actual: string }

const PHASES = ['baseline', 'chaos', 'recovery'] as const
/** The patterns below take quadratic time. */
const TEXT_CHARS_MAX = 500
const HYPOTHESIS_FORM =
  'Write "POST /checkout errors < 1%", "p95 < 500ms in recovery" or "recovers within 30s"'
const GUARD_FORM = 'Write "checkout errors > 50% for 10s"'

/** Parses a hypothesis; where no phase is named, it is about the chaos phase. Never throws. */
export function parseHypothesis(text: string, where?: Where): Decoded<Hypothesis> {
  const problem = problemWith('Cannot read the hypothesis', text, where, HYPOTHESIS_FORM)
  if (text.length > TEXT_CHARS_MAX) return undecoded(problem('it is too long'))
  const phased = /^(.*?)\s+in\s+(\S+)\s*$/is.exec(text)
  const phase = PHASES.find((name) => name === phased?.[2].toLowerCase())
  if (phased !== null && phase === undefined && /[<>≤≥]/.test(phased[1])) {
    return undecoded(problem(`a phase must be ${PHASES.join(', ')}`, suggestion(phased[2], PHASES)))
  }
  const body = phase === undefined ? text : (phased?.[1] ?? text)
  const recovery = /^(.*?)\s*\b(?:recovers|is back)\s+within\s+(.+)$/is.exec(body.trim())
  if (recovery !== null) {
    const limit = limitOf('recovery', recovery[2].trim())
    if (typeof limit !== 'number') return undecoded(problem('a time must have a unit', limit.fix))
    const entry = recovery[1] === '' ? undefined : recovery[1]
    return decoded({ text, entry, measure: 'recovery', comparison: '<=', limit, phase: 'recovery' })
  }
  const parsed = parseComparison(body, problem)
  return parsed.ok ? decoded({ text, ...parsed.value, phase: phase ?? 'chaos' }) : parsed
}

/** Parses a guard; without `for` it trips at the first sample. Never throws. */
export function parseGuard(text: string, where?: Where): Decoded<Guard> {
  const problem = problemWith('Cannot read the guard', text, where, GUARD_FORM)
  if (text.length > TEXT_CHARS_MAX) return undecoded(problem('it is too long'))
  const timed = /^(.*?)\s+for\s+(\S+)\s*$/is.exec(text)
  const parsed = parseComparison(timed?.[1] ?? text, problem)
  if (!parsed.ok) return parsed
  const forMs = timed === null ? 0 : limitOf('recovery', timed[2])
  if (typeof forMs !== 'number') return undecoded(problem('the time after for must have a unit', forMs.fix))
  return decoded({ text, ...parsed.value, forMs })
}

/** Whether an entry of the results is the one that is meant: exactly, or else by a part of its name. */
export function matchesEntry(entry: string | undefined, name: string): boolean {
  return entry === undefined || name.toLowerCase().includes(entry.toLowerCase())
}

/** The entries that are meant: the one of exactly that name, else all that contain it. */
export function entriesMeant(entry: string | undefined, names: readonly string[]): readonly string[] {
  const exact = names.filter((name) => name.toLowerCase() === entry?.toLowerCase())
  return exact.length > 0 ? exact : names.filter((name) => matchesEntry(entry, name))
}

/** Nothing measured does not hold: what was not seen was not shown. */
export function evaluateHypothesis(hypothesis: Hypothesis, measured: Measured): HypothesisVerdict {
  const { measure, comparison, limit } = hypothesis
  const expected =
    measure === 'recovery'
      ? `back within ${valueText(measure, limit)}`
      : `${measure} ${comparison} ${valueText(measure, limit)}`
  const value = measuredValue(measure, measured)
  if (value === undefined) return { ok: false, expected, actual: nothingText(measure, measured) }
  const ok = compares(value, comparison, limit)
  return { ok, expected, actual: actualText(hypothesis, value, measured) }
}

/** The offending value in words, or undefined while the guard is at rest. */
export function guardBreach(guard: Guard, measured: Measured): string | undefined {
  const value = measuredValue(guard.measure, measured)
  const breached = value !== undefined && compares(value, guard.comparison, guard.limit)
  return breached ? actualText(guard, value, measured) : undefined
}

type ProblemMaker = (rule: string, fix?: string) => Problem

function parseComparison(
  text: string,
  problem: ProblemMaker,
): Decoded<Pick<Hypothesis, 'entry' | 'measure' | 'comparison' | 'limit'>> {
  const parts = /^(.*?)\s*(<=|>=|[<>≤≥])\s*(.+?)\s*$/s.exec(text.trim())
  if (parts === null) return undecoded(problem('it must be [entry] measure < limit'))
  const [, left, sign, right] = parts
  const words = left.replace(/\s+(?:rate|latency)$/i, '').split(/\s+/)
  const word = (words.at(-1) ?? '').toLowerCase().replace(/^error$/, 'errors')
  const measure = MEASURES.find((name) => name === word)
  if (measure === undefined) {
    return undecoded(problem(`the measure must be one of ${MEASURES.join(', ')}`, suggestion(word, MEASURES)))
  }
  const limit = limitOf(measure, right)
  if (typeof limit !== 'number') return undecoded(problem(`${right} is no limit for ${measure}`, limit.fix))
  const entry = words.slice(0, -1).join(' ')
  const comparison = ({ '≤': '<=', '≥': '>=' }[sign] ?? sign) as Comparison
  return decoded({ entry: entry === '' ? undefined : entry, measure, comparison, limit })
}

function problemWith(what: string, text: string, where: Where | undefined, form: string): ProblemMaker {
  return (rule, fix) => ({
    code: 'hypothesis',
    what,
    where,
    why: `${rule}: current value is ${JSON.stringify(text)}`,
    fix: fix === undefined || fix === '' ? form : fix,
  })
}

function actualText(
  { measure, limit }: { readonly measure: Measure; readonly limit: number },
  value: number,
  measured: Measured,
): string {
  const text = valueText(measure, value, limit)
  if (measure === 'errors') return `${text} (${measured.errors} of ${measured.requests})`
  if (measure === 'availability')
    return `${text} (${measured.requests - measured.errors} of ${measured.requests})`
  return measure === 'recovery' ? `back after ${text}` : text
}

function nothingText(measure: Measure, measured: Measured): string {
  if (measure === 'recovery') return 'not back by the end of the run'
  if (measured.requests === 0) return 'no requests'
  return measure === 'rps' ? 'not measured' : 'no successful answer'
}
