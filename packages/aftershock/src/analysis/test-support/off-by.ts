import type { Numbers } from './true-numbers.ts'

export type Off = {
  /** `kind what`, as `retry rescued`. */
  readonly number: string
  readonly of: string
  readonly told: number
  readonly true: number
  /** Told less true, by what is true; of shares the difference. */
  readonly error: number
}

/** Smaller ones are off by much as soon as they are off by one: errors are shares of this at least. */
const AT_LEAST: Readonly<Record<string, number>> = {
  'recovery backAfterMs': 2_000,
  'circuit-breaker openMs': 2_000,
  'retry pause1': 10,
  'retry pause2': 10,
}

/**
 * By how much what is told is off, of what is told and true.
 *
 * @param isSure - whether enough happened on an edge to speak of it
 */
export function offBy(
  told: Numbers,
  truth: Numbers,
  isSure: (kind: string, of: string) => boolean,
): readonly Off[] {
  return [...truth].flatMap(([key, real]) => {
    const [kind, what, of] = key.split(' ')
    const value = told.get(key)
    if (value === undefined || Number.isNaN(real) || (kind !== 'recovery' && !isSure(kind, of))) return []
    const number = `${kind} ${what}`
    const whole = what === 'lost' ? 1 : Math.max(real, AT_LEAST[number] ?? 1)
    return [{ number, of, told: value, true: real, error: (value - real) / whole }]
  })
}

export type Summary = {
  readonly number: string
  readonly n: number
  readonly errorP50: number
  readonly errorP90: number
  /** Mean of the errors with their sign. */
  readonly bias: number
}

export function summaryOf(all: readonly Off[]): readonly Summary[] {
  return [...Map.groupBy(all, (off) => off.number)]
    .map(([number, list]) => {
      const errors = list.map(({ error }) => Math.abs(error)).sort((a, b) => a - b)
      const at = (q: number): number => errors[Math.floor(q * (errors.length - 1))]
      const bias = list.reduce((sum, { error }) => sum + error, 0) / list.length
      return { number, n: list.length, errorP50: at(0.5), errorP90: at(0.9), bias }
    })
    .sort((a, b) => (a.number < b.number ? -1 : 1))
}
