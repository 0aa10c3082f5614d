import { chmodSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict } from '../../formats/chaos-toolkit/values.ts'
import { processProvider } from './process-provider.ts'
import { dictOf, keptLog, scratch } from './test-support/run-text.ts'

async function call(
  provider: Record<string, unknown>,
  signal = new AbortController().signal,
): Promise<string> {
  const declared = dictOf(readJson(JSON.stringify({ type: 'process', ...provider })))
  const outcome = await processProvider(keptLog().log).run({
    activity: dict({ name: 'a', provider: declared }),
    arguments: declared.get('arguments'),
    configuration: dict({}),
    secrets: dict({}),
    lane: 'foreground',
    isInHypothesis: false,
    signal,
    carrier: { headers: {}, env: { TRACEPARENT: '00-aa-bb-01' } },
  })
  if (outcome.kind === 'returned') return pythonText(outcome.value)
  return outcome.kind === 'stopped' ? 'stopped' : `${outcome.kind}: ${outcome.error.message}`
}

const ended = (status: number, stdout: string, stderr = '') =>
  pythonText(dict({ status: BigInt(status), stdout, stderr }))

describe('a process activity', () => {
  test('text goes through the shell, a list does not', async () => {
    expect(await call({ path: 'echo', arguments: 'a  b | cat' })).toBe(ended(0, 'a b\n'))
    expect(await call({ path: 'echo', arguments: ['a  b | cat', '', null, 1.0] })).toBe(
      ended(0, 'a  b | cat 1\n'),
    )
    expect(await call({ path: 'echo', arguments: { '-n': 'x', y: 1, z: null } })).toBe(ended(0, 'x y 1 z'))
  })

  test('gives its exit code, or minus the signal that killed it', async () => {
    expect(await call({ path: 'sh', arguments: ['-c', 'echo e >&2; exit 3'] })).toBe(ended(3, '', 'e\n'))
    expect(await call({ path: 'sh', arguments: ['-c', 'kill -9 $$'] })).toBe(ended(-9, ''))
  })

  test('gives bytes that are no UTF-8 as characters', async () => {
    expect(await call({ path: 'printf', arguments: ['\\344'] })).toBe(ended(0, 'ä'))
  })

  test('is given the trace context', async () => {
    expect(await call({ path: 'sh', arguments: ['-c', 'echo $TRACEPARENT'] })).toBe(ended(0, '00-aa-bb-01\n'))
  })

  test('fails after its time-out, whoever holds its output open', async () => {
    expect(await call({ path: 'sh', arguments: ['-c', 'sleep 3 & sleep 3'], timeout: 0.1 })).toBe(
      'failed: process activity took too long to complete',
    )
  })

  test('is ended with the run', async () => {
    const ending = new AbortController()
    setTimeout(() => ending.abort(), 50)
    expect(await call({ path: 'sleep', arguments: '20' }, ending.signal)).toBe('stopped')
  })

  test('raises as Python does when there is nothing to run', async () => {
    await expect(call({ path: '/nowhere/x', arguments: [] })).rejects.toThrow('not NoneType')
    expect(await call({ path: '/nowhere/x', arguments: 'a' })).toMatch(/'status': 127/)
    await expect(call({ path: 'true', timeout: '5' })).rejects.toThrow('a process timeout must be a number')
  })

  test('finds ~ at run time, though not when it is validated', async () => {
    using files = scratch()
    const home = process.env.HOME
    process.env.HOME = files.path('.')
    try {
      writeFileSync(files.path('x.sh'), '#!/bin/sh\necho home\n')
      chmodSync(files.path('x.sh'), 0o755)
      expect(await call({ path: '~/x.sh', arguments: [] })).toBe(ended(0, 'home\n'))
      const activity = dict({ name: 'a', provider: dict({ type: 'process', path: '~/x.sh' }) })
      const scope = { configuration: dict({}), secrets: dict({}) }
      expect(await processProvider(keptLog().log).validate(activity, scope)).toBe(
        "path '~/x.sh' cannot be found, in activity 'a'",
      )
    } finally {
      process.env.HOME = home
    }
  })
})
