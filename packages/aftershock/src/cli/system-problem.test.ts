import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemProblem } from './system-problem.ts'

function thrownBy(act: () => void): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}

test('systemProblem() tells which file stands in the way, and what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-'))
  const file = join(folder, 'runs')
  writeFileSync(file, '')
  const inTheWay = systemProblem(thrownBy(() => mkdirSync(file)))
  expect(inTheWay).toMatchObject({ code: 'file-eexist', what: `Cannot mkdir ${file}`, where: { file } })
  const below = systemProblem(thrownBy(() => writeFileSync(join(file, 'x'), '')))
  expect(below).toMatchObject({ code: 'file-enotdir', fix: 'move the file away' })
  rmSync(folder, { recursive: true })
})

test('systemProblem() knows a disk without room, a quota that is used up and a limit of length by what an open file says', () => {
  const codes = ['ENOSPC', 'EDQUOT', 'EFBIG']
  const told = codes.map(
    (code) => systemProblem(Object.assign(new Error(code), { code, syscall: 'write' }))?.code,
  )
  expect(told).toEqual(['file-enospc', 'file-edquot', 'file-efbig'])
})

test('systemProblem() takes what is no answer of the system for a bug', () => {
  expect(systemProblem(new TypeError('x is not a function'))).toBeUndefined()
  expect(systemProblem(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))).toBeUndefined()
  expect(systemProblem('text')).toBeUndefined()
})
