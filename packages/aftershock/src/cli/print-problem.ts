import { type Problem, whereText } from '../model/problem.ts'
import { printable } from '../report/printable.ts'
import type { Output } from './io.ts'

/** A problem as people read it: what, where, why, fix; the line and a caret where they are known. */
export function problemText(problem: Problem, output: Output): string {
  const isWarning = problem.level === 'warning'
  const label = isWarning ? output.style('yellow', 'warning') : output.style('red', 'error')
  const lines = [`${label} ${output.style('dim', problem.code)}  ${output.style('bold', problem.what)}`]
  if (problem.where !== undefined) lines.push(`  where  ${whereText(problem.where)}`)
  lines.push(...excerpt(problem))
  lines.push(...indented('why', problem.why))
  if (problem.fix !== undefined) lines.push(...indented('fix', problem.fix))
  return `${lines.join('\n')}\n`
}

export function printProblems(problems: readonly Problem[], output: Output): void {
  const shown = problems.slice(0, 20)
  for (const problem of shown) output.write(problemText(problem, output))
  if (problems.length > shown.length) output.write(`… ${problems.length - shown.length} more problems\n`)
}

function indented(label: string, text: string): readonly string[] {
  return text.split('\n').map((line, i) => `  ${(i === 0 ? label : '').padEnd(5)}  ${printable(line)}`)
}

function excerpt(problem: Problem): readonly string[] {
  const { where } = problem
  if (where?.excerpt === undefined || where.line === undefined) return []
  const number = String(where.line)
  const caret =
    where.column === undefined ? [] : [`  ${' '.repeat(number.length)} │ ${' '.repeat(where.column - 1)}^`]
  return [`  ${number} │ ${where.excerpt.replace(/\p{Cc}/gu, ' ')}`, ...caret]
}
