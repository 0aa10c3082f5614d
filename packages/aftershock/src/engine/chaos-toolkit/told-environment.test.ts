import { afterEach, expect, test } from 'vitest'
import { othersRunHere, toldEnvironment } from './told-environment.ts'

afterEach(() => {
  delete process.env.OF_THE_RUN
})

test('the environment is told whole, and once: nothing of ours changes it during a run', () => {
  const told = toldEnvironment()
  expect(told.changed()?.split('\0')).toContain(`PATH=${process.env.PATH}`)
  expect(told.changed()).toBeUndefined()
})

test('where code of others runs in our process it is looked at each time', () => {
  const told = toldEnvironment()
  told.changed()
  othersRunHere()
  process.env.OF_THE_RUN = 'y'
  expect(told.changed()?.split('\0')).toContain('OF_THE_RUN=y')
  expect(told.changed()).toBeUndefined()
})
