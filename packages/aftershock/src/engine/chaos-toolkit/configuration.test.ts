// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict } from '../../formats/chaos-toolkit/values.ts'
import { loadConfiguration, loadDynamicConfiguration } from './configuration.ts'
import { exitDesk } from './exit-desk.ts'
import { httpProvider } from './http-provider.ts'
import { NO_OBSERVER } from './observe-nothing.ts'
import { processProvider } from './process-provider.ts'
import { httpStub } from './test-support/http-stub.ts'
import { dictOf, keptLog, scratch } from './test-support/run-text.ts'
import { readVariables } from './variables.ts'

const parsed = (text: string) => dictOf(readJson(text))
const load = (declared: string, overrides = '{}') =>
  pythonText(loadConfiguration(parsed(declared), parsed(overrides), { N: '5', EMPTY: '' }))

describe('loadConfiguration()', () => {
  test.each([
    ['{"a": 1.0, "b": "${a}", "c": {"type": "other"}}', "{'a': 1.0, 'b': '${a}', 'c': {'type': 'other'}}"],
    ['{"n": {"type": "env", "key": "N"}}', "{'n': '5'}"],
    ['{"n": {"type": "env", "key": "N", "env_var_type": "int"}}', "{'n': 5}"],
    ['{"n": {"type": "env", "key": "EMPTY", "default": "x"}}', "{'n': ''}"],
    ['{"n": {"type": "env", "key": "NO", "default": null}}', "{'n': None}"],
    ['{"n": {"type": "env", "key": "NO", "default": "3", "env_var_type": "int"}}', "{'n': 3}"],
    ['{"n": {"type": "env", "key": "EMPTY", "env_var_type": "bool"}}', "{'n': True}"],
  ])('%s becomes %s', (declared, loaded) => {
    expect(load(declared)).toBe(loaded)
  })

  test('takes values given for names that are declared, and resolves them', () => {
    expect(load('{"a": 1, "b": {"type": "env", "key": "NO"}}', '{"b": 7, "zz": 1}')).toBe("{'a': 1, 'b': 7}")
    expect(load('{"a": 1}', '{"a": {"type": "env", "key": "N"}}')).toBe("{'a': '5'}")
  })

  test('refuses a missing variable', () => {
    expect(() => load('{"n": {"type": "env", "key": "NO"}}')).toThrow(
      'Configuration makes reference to an environment key that does not exist: NO',
    )
  })
})

test('loadDynamicConfiguration() runs probes in order, each seeing the ones before, and leaves failures out', async () => {
  await using server = await httpStub((seen, response) => response.end(`at ${seen.path}`))
  const { log, lines } = keptLog()
  const probe = (provider: object) => ({ type: 'probe', name: 'p', provider })
  const sh = (script: string) => probe({ type: 'process', path: 'sh', arguments: ['-c', script] })
  const configuration = parsed(
    JSON.stringify({
      plain: 1,
      out: sh('echo " trimmed "'),
      next: probe({ type: 'process', path: 'echo', arguments: ['${out}!'] }),
      bad: sh('exit 1'),
      web: probe({ type: 'http', url: `${server.url}/x` }),
    }),
  )
  const providers = { http: httpProvider(log), process: processProvider(log) }
  const loaded = await loadDynamicConfiguration(
    {
      providerOf: (type) => (type === 'http' || type === 'process' ? providers[type] : undefined),
      secrets: dict({}),
      compatibility: 'safe',
      desk: exitDesk(),
      log,
      observer: NO_OBSERVER,
    },
    configuration,
  )
  expect(pythonText(loaded)).toBe("{'plain': 1, 'out': 'trimmed', 'next': 'trimmed!', 'web': 'at /x'}")
  expect(lines.filter((one) => one.startsWith('WARNING Some of the dynamic'))).toHaveLength(1)
})

describe('readVariables()', () => {
  const read = async (files: Record<string, string>, given: readonly (readonly [string, string])[] = []) => {
    using folder = scratch()
    const paths = Object.entries(files).map(([name, text]) => {
      writeFileSync(folder.path(name), text)
      return folder.path(name)
    })
    const { log, lines } = keptLog()
    const variables = await readVariables(given, paths, log)
    return { ...variables, told: pythonText(variables.configuration), lines }
  }

  test('later files win, what the command line gives wins over all', async () => {
    const { told } = await read(
      { 'a.json': '{"configuration": {"x": 1, "y": 1, "z": 1}}', 'b.yaml': 'configuration: {y: 2, z: 2}' },
      [['z', '3']],
    )
    expect(told).toBe("{'x': 1, 'y': 2, 'z': '3'}")
  })

  test('.env files become environment; a line that is none is refused with its place', async () => {
    expect((await read({ 'v.env': '# c\nA=1\n\nB=x=y\n' })).env).toEqual({ A: '1', B: 'x=y' })
    await expect(read({ 'v.env': 'A=1\nnonsense' })).rejects.toThrow('v.env:2: a line must be NAME=value')
  })

  test('a file that cannot be parsed is told and left out', async () => {
    const { told, lines } = await read({ 'a.json': '{', 'b.json': '{"configuration": {"x": 1}}' })
    expect(told).toBe("{'x': 1}")
    expect(lines[0]).toContain('ERROR Failed to parse variable file')
  })
})
