import type { Problem, Where } from '../../model/problem.ts'
import { shown } from '../decode.ts'
import { type Path, pathText } from '../source-text.ts'

/** Something about a manifest, before it has a place in a text. */
export type Finding = {
  readonly level: 'error' | 'warning'
  readonly code: string
  readonly path: Path
  readonly part: 'key' | 'value'
  readonly why: string
  readonly fix: string | undefined
}

/** Where checks write; paths are relative to `base`. */
export type Report = {
  readonly findings: Finding[]
  readonly base: Path
  error(path: Path, code: string, why: string, fix?: string): void
  warning(path: Path, code: string, why: string, fix?: string): void
  below(...path: Path): Report
}

export function createReport(findings: Finding[] = [], base: Path = []): Report {
  const add = (level: Finding['level'], path: Path, code: string, why: string, fix?: string) => {
    const part = code === 'unknown-field' ? 'key' : 'value'
    findings.push({ level, code, path: [...base, ...path], part, why, fix })
  }
  return {
    findings,
    base,
    error: (path, code, why, fix) => add('error', path, code, why, fix),
    warning: (path, code, why, fix) => add('warning', path, code, why, fix),
    below: (...path) => createReport(findings, [...base, ...path]),
  }
}

/** What the API server takes as it is and the controller refuses when its time has come. */
export function warnOfStart(report: Report, key: string, check: (found: Report) => void): void {
  const found = createReport([], [...report.base, key])
  check(found)
  for (const { path, code, why, fix } of found.findings) {
    const then = `${why} (accepted here, and fails when it starts)`
    report.warning(path.slice(report.base.length), code, then, fix)
  }
}

export type Locate = (path: Path, part: 'key' | 'value') => Where

/** Findings as problems; `name` is `NetworkChaos "payment-delay"`. */
export function problemsOf(
  findings: readonly Finding[],
  level: Finding['level'],
  name: string,
  locate: Locate,
): readonly Problem[] {
  const what = level === 'error' ? `Cannot accept ${name}` : `Cannot do all that ${name} says`
  return findings
    .filter((finding) => finding.level === level)
    .map((finding) => ({
      code: finding.code,
      what,
      where: locate(finding.path, finding.part),
      why: finding.why,
      fix: finding.fix,
      level,
    }))
}

/** `spec.delay.latency must …: current value is "10"`. */
export function ruleText(path: Path, rule: string, value: unknown): string {
  return `${pathText(path) ?? 'the document'} ${rule}: current value is ${shown(value)}`
}
