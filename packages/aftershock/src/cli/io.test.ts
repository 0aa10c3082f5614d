import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const SCRIPT = `
import { processIo } from ${JSON.stringify(new URL('./io.ts', import.meta.url).href)}
const io = processIo({ color: !process.argv.includes('--no-color'), cwd: undefined })
io.out.write(JSON.stringify({ text: io.out.style('red', 'x'), unicode: io.out.unicode, tty: io.out.isTty }))`

function seen(env: Readonly<Record<string, string>>, ...args: readonly string[]): unknown {
  const end = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT, '--', ...args], {
    encoding: 'utf8',
    env,
  })
  return JSON.parse(end.stdout)
}

const plain = { text: 'x', unicode: true, tty: false }

test('processIo() paints nothing into a pipe unless it is forced to', () => {
  expect(seen({})).toEqual(plain)
  expect(seen({ FORCE_COLOR: '1' })).toEqual({ ...plain, text: '\u001b[31mx\u001b[39m' })
})

test('processIo() lets NO_COLOR, TERM=dumb and --no-color win', () => {
  expect(seen({ FORCE_COLOR: '1', NO_COLOR: '1' })).toEqual(plain)
  expect(seen({ FORCE_COLOR: '1', TERM: 'dumb' })).toEqual(plain)
  expect(seen({ FORCE_COLOR: '1' }, '--no-color')).toEqual(plain)
})

test('processIo() takes an unset locale for UTF-8, and another one at its word', () => {
  expect(seen({ LANG: 'de_DE.UTF-8' })).toEqual(plain)
  expect(seen({ LANG: 'en_US.utf8' })).toEqual(plain)
  expect(seen({ LC_ALL: 'C', LANG: 'de_DE.UTF-8' })).toEqual({ ...plain, unicode: false })
})
