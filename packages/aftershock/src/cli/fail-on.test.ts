import { expect, test } from 'vitest'
import { ProblemError } from '../model/problem.ts'
import { failingVerdicts } from './fail-on.ts'

test('failingVerdicts() takes verdicts, and refuses a word that would never fail', () => {
  expect([...failingVerdicts('broke, inconclusive')]).toEqual(['broke', 'inconclusive'])
  expect(() => failingVerdicts('brok')).toThrow(ProblemError)
})
