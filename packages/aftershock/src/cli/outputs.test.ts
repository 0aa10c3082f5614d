import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { wholeFilesIn } from './outputs.ts'

test('wholeFilesIn() writes a file whole, and leaves nothing where it cannot', () => {
  const folder = mkdtempSync(join(tmpdir(), 'as-outputs-'))
  const write = wholeFilesIn(folder)
  write('a/result.json', ['{', '}'])
  expect(readFileSync(join(folder, 'a/result.json'), 'utf8')).toBe('{}')

  mkdirSync(join(folder, 'taken'))
  expect(() => write('taken', 'text')).toThrow(expect.objectContaining({ path: join(folder, 'taken') }))
  const cut = (function* () {
    yield 'half'
    throw new Error('the rest is missing')
  })()
  expect(() => write('cut.json', cut)).toThrow('the rest is missing')
  expect(readdirSync(folder).sort()).toEqual(['a', 'taken'])
})
