import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findExecutable } from './find-executable.ts'
import { scratch } from './test-support/run-text.ts'

const files = scratch()
const search = process.env.PATH
const place = (folder: string) => files.path(`${folder}/tool`)

function put(folder: string, mode: number): void {
  mkdirSync(files.path(folder), { recursive: true })
  writeFileSync(place(folder), '')
  chmodSync(place(folder), mode)
}

beforeEach(() => {
  process.env.PATH = `${files.path('a')}:${files.path('b')}`
})
afterEach(() => {
  process.env.PATH = search
  for (const folder of ['a', 'b']) rmSync(files.path(folder), { recursive: true, force: true })
})

test('the first folder of PATH that has it as an executable file', () => {
  put('a', 0o644)
  put('b', 0o755)
  expect(findExecutable('tool')).toBe(place('b'))
  expect(findExecutable(place('a'))).toBeUndefined()
  expect(findExecutable('no-such-tool')).toBeUndefined()
})

test('a name stays with its place while that can be executed', () => {
  put('b', 0o755)
  expect(findExecutable('tool')).toBe(place('b'))
  put('a', 0o755)
  expect(findExecutable('tool')).toBe(place('b'))
  rmSync(place('b'))
  expect(findExecutable('tool')).toBe(place('a'))
  rmSync(place('a'))
  expect(findExecutable('tool')).toBeUndefined()
})

test('another PATH is another search', () => {
  put('a', 0o755)
  put('b', 0o755)
  expect(findExecutable('tool')).toBe(place('a'))
  process.env.PATH = files.path('b')
  expect(findExecutable('tool')).toBe(place('b'))
})
