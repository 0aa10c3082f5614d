import { expect, test } from 'vitest'
import type { Problem } from '../model/problem.ts'
import { printProblems, problemText } from './print-problem.ts'
import { plainOutput } from './test-support/plain-output.ts'

const problem: Problem = {
  code: 'latency-range',
  what: 'Cannot read the latency fault',
  where: { file: 'x.yaml', line: 14, column: 5, path: 'spec.delay', excerpt: '    latency: soon' },
  why: 'it must be a time:\ncurrent value is "soon"',
  fix: 'latency: 200ms',
}

test('problemText() says what, where, why and how to fix it, with a caret below the place', () => {
  expect(problemText(problem, plainOutput())).toBe(`error latency-range  Cannot read the latency fault
  where  x.yaml:14:5  (spec.delay)
  14 │     latency: soon
     │     ^
  why    it must be a time:
         current value is "soon"
  fix    latency: 200ms
`)
})

test('problemText() leaves out what is not known', () => {
  const text = problemText({ code: 'x', what: 'Cannot go on', why: 'so it is' }, plainOutput())
  expect(text).toBe('error x  Cannot go on\n  why    so it is\n')
})

test('problemText() tells warnings from errors', () => {
  expect(problemText({ ...problem, level: 'warning' }, plainOutput())).toMatch(/^warning /)
})

test('printProblems() shows twenty and counts the rest', () => {
  const output = plainOutput()
  printProblems(
    Array.from({ length: 23 }, () => problem),
    output,
  )
  expect(output.text().match(/^error /gm)).toHaveLength(20)
  expect(output.text()).toMatch(/… 3 more problems\n$/)
})
