import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { ProblemError } from '../model/problem.ts'
import { readKubeconfig } from './kubeconfig.ts'

const folder = mkdtempSync(join(tmpdir(), 'aftershock-kubeconfig-'))
const before = process.env.KUBECONFIG
afterEach(() => {
  if (before === undefined) delete process.env.KUBECONFIG
  else process.env.KUBECONFIG = before
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const yaml = (server: string, more = 'token: abc'): string => `apiVersion: v1
kind: Config
current-context: one
clusters:
- name: one
  cluster: { server: ${server} }
contexts:
- name: one
  context: { cluster: one, user: me, namespace: shop }
users:
- name: me
  user:
    ${more}
`

test('several files of KUBECONFIG: the first one’s entries win, missing ones are passed over', () => {
  const first = write('first', yaml('https://first'))
  const second = write('second', yaml('https://second').replaceAll('one', 'two').replace('two', 'two'))
  const third = write('third', yaml('https://third'))
  process.env.KUBECONFIG = [first, join(folder, 'missing'), second, third].join(delimiter)
  const config = readKubeconfig({})
  expect(config.getCurrentCluster()?.server).toBe('https://first')
  expect(config.getContexts().map((one) => one.name)).toEqual(['one', 'two'])
  expect(readKubeconfig({ context: 'two' }).getCurrentCluster()?.server).toBe('https://second')
})

test.each([
  ['YAML', yaml('https://x', 'tokenFile: token.txt')],
  ['YAML in quotes', yaml('https://x', 'tokenFile: "token.txt"')],
  [
    'JSON',
    JSON.stringify({
      clusters: [{ name: 'one', cluster: { server: 'https://x' } }],
      users: [{ name: 'me', user: { tokenFile: 'token.txt' } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'me' } }],
      'current-context': 'one',
    }),
  ],
])('tokenFile is read, relative to the kubeconfig: %s', (_, text) => {
  write('token.txt', 'secret')
  expect(readKubeconfig({ kubeconfig: write('config', text) }).getCurrentUser()?.token).toBe('secret')
})

test('a file that is not there is a problem with a fix (exit 4)', () => {
  const read = () => readKubeconfig({ kubeconfig: join(folder, 'nowhere') })
  expect(read).toThrow(ProblemError)
  try {
    read()
  } catch (error) {
    expect(error).toMatchObject({
      exitCode: 4,
      problems: [{ code: 'kubeconfig-missing', fix: expect.stringContaining('--kubeconfig') }],
    })
  }
})
