import { spawnSync } from 'node:child_process'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { later, settleOwed } from './owed-work.ts'

test('what is owed is done in order when the event loop has its next turn, and no sooner', async () => {
  const done: string[] = []
  later(() => done.push('first'))
  later(() => done.push('second'))
  await Promise.resolve()
  expect(done).toEqual([])
  await turn()
  expect(done).toEqual(['first', 'second'])
})

test('whoever is about to wait has it done before, once', async () => {
  const done: string[] = []
  later(() => done.push('owed'))
  settleOwed()
  expect(done).toEqual(['owed'])
  later(() => done.push('more'))
  await turn()
  expect(done).toEqual(['owed', 'more'])
})

test('a process that ends leaves nothing owed', () => {
  const module = new URL('owed-work.ts', import.meta.url).href
  const script = `const { later } = await import('${module}'); later(() => process.stdout.write('done')); process.exit(3)`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect([status, stdout.toString()]).toEqual([3, 'done'])
})
