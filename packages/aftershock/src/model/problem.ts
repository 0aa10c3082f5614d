/**
 * Something a person can fix. House style: what ("Cannot …"), where, why (the rule, then the current
 * value), how to fix. Printed by `cli/print-problem.ts`, answered as JSON by `server/`.
 */
export type Problem = {
  /** Stable word, for example `latency-range`; never shown as a sentence. */
  readonly code: string
  /** Starts with "Cannot". */
  readonly what: string
  readonly where?: Where | undefined
  /** The rule first, the current value last. */
  readonly why: string
  /** What to do, best as something to paste. */
  readonly fix?: string | undefined
  readonly level?: 'error' | 'warning' | undefined
}

/** A place in a text that somebody wrote; lines and columns count from 1. */
export type Where = {
  readonly file: string
  readonly line?: number | undefined
  readonly column?: number | undefined
  /** For example `spec.delay.latency`. */
  readonly path?: string | undefined
  /** The line itself, for the caret. */
  readonly excerpt?: string | undefined
}

/** A reader returns a value (perhaps with warnings) or every problem it saw. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export function decoded<T>(value: T, warnings: readonly Problem[] = []): Decoded<T> {
  return { ok: true, value, warnings }
}

export function undecoded<T = never>(...problems: readonly Problem[]): Decoded<T> {
  return { ok: false, problems }
}

/** Carries problems through code that cannot return them. `exitCode`: design.md 5.1. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[]
  readonly exitCode: 2 | 3 | 4 | 5 | 6

  constructor(problems: readonly Problem[], exitCode: 2 | 3 | 4 | 5 | 6 = 2, cause?: unknown) {
    super(problems.map((p) => `${p.what}: ${p.why}`).join('; '), cause === undefined ? undefined : { cause })
    this.name = 'ProblemError'
    this.problems = problems
    this.exitCode = exitCode
  }
}

/** `file:line:column`, as much of it as is known. */
export function whereText(where: Where): string {
  const place = [where.file, where.line, where.column].filter((part) => part !== undefined).join(':')
  return where.path === undefined ? place : `${place}  (${where.path})`
}
