import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeRunLock } from './run-lock.ts'

let home: string
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'aftershock-')), '.aftershock')
})
afterEach(() => rmSync(join(home, '..'), { recursive: true }))

const take = (run: string, isAlive: (pid: number) => boolean) =>
  takeRunLock(home, run, isAlive, () => 'start')

test('takeRunLock() lets one run at a time into a folder, and names the one that is in', () => {
  const first = take('r-first', () => true)
  const second = take('r-second', () => true)
  expect('lock' in first).toBe(true)
  expect(second).toMatchObject({
    problem: {
      code: 'run-in-progress',
      why: expect.stringContaining(`r-first is running as process ${process.pid}`),
      fix: expect.stringContaining('aftershock stop r-first'),
    },
  })
})

test('takeRunLock() lets the next one in after the release', () => {
  const first = take('r-first', () => true)
  if ('lock' in first) first.lock.release()
  expect(existsSync(join(home, 'lock'))).toBe(false)
  expect('lock' in take('r-second', () => true)).toBe(true)
})

test('takeRunLock() takes over from a run that was killed', () => {
  take('r-killed', () => true)
  expect('lock' in take('r-next', () => false)).toBe(true)
})

test('takeRunLock() takes over a lock that was cut short by a crash', () => {
  take('r-any', () => true)
  writeFileSync(join(home, 'lock'), '{"pid":')
  expect('lock' in take('r-next', () => true)).toBe(true)
})
