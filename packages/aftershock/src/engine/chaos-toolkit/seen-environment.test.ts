import { afterEach, expect, test } from 'vitest'
import { othersRunHere, seenEnvironment } from './seen-environment.ts'

afterEach(() => {
  delete process.env.OF_THE_RUN
})

test('the environment is ours, with what a process has of its own in place of ours', () => {
  process.env.OF_THE_RUN = 'ours'
  const environment = seenEnvironment()
  expect(environment({})).toContain('OF_THE_RUN=ours')
  const own = environment({ OF_THE_RUN: 'own', OTHER: 'o' })
  expect(own.filter((one) => one?.startsWith('OF_THE_RUN='))).toEqual(['OF_THE_RUN=own'])
  expect(own.slice(-2)).toEqual(['OTHER=o', null])
  expect(environment({})).toContain(`PATH=${process.env.PATH}`)
})

test('it is looked through once: nothing of ours changes it during a run', () => {
  const environment = seenEnvironment()
  environment({ OWN: '1' })
  process.env.OF_THE_RUN = 'y'
  expect(environment({ OWN: '2' })).not.toContain('OF_THE_RUN=y')
})

test('where code of others runs in our process it is looked at each time', () => {
  const environment = seenEnvironment()
  environment({})
  othersRunHere()
  process.env.OF_THE_RUN = 'y'
  expect(environment({})).toContain('OF_THE_RUN=y')
  delete process.env.OF_THE_RUN
  expect(environment({})).not.toContain('OF_THE_RUN=y')
})
