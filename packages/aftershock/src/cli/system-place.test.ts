import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ProblemError } from '../model/problem.ts'
import { placedIn, placing } from './system-place.ts'

const folder = mkdtempSync(join(tmpdir(), 'aftershock-place-'))
const file = join(folder, 'aftershock.yaml')
const problem = { code: 'service-exits', what: 'Cannot start api-0', why: 'it must keep running: it ended' }

test('placing() says where aftershock.yaml speaks of what failed', async () => {
  writeFileSync(file, 'system:\n  services:\n    api:\n      command: node api.js\n')
  const path = ['system', 'services', 'api', 'command']
  const failed = placing(file, path, Promise.reject(new ProblemError([problem], 4)))
  await expect(failed).rejects.toMatchObject({
    exitCode: 4,
    problems: [{ ...problem, where: { file, line: 4, column: 16, path: 'system.services.api.command' } }],
  })
})

test('placedIn() leaves a problem as it is that has a place, and where the file is gone', () => {
  const placed = { ...problem, where: { file: 'chaos/a.yaml', line: 3 } }
  expect(placedIn(file, ['system'], placed)).toBe(placed)
  rmSync(folder, { recursive: true })
  expect(placedIn(file, ['system'], problem)).toBe(problem)
})

test('placedIn() says which field a default is of', () => {
  const other = mkdtempSync(join(tmpdir(), 'aftershock-place-'))
  const short = join(other, 'aftershock.yaml')
  writeFileSync(short, 'system: {}\n')
  const placed = placedIn(short, ['traces', 'otlp', 'http'], problem)
  expect(placed.where).toEqual({ file: short, path: 'traces.otlp.http' })
  rmSync(other, { recursive: true })
})
