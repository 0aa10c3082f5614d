import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { dict } from '../../formats/chaos-toolkit/values.ts'
import { interpreterFor } from './interpreter.ts'
import { hasPython, pythonRun } from './test-support/python-run.ts'
import { workerFolder } from './worker-files.ts'

test.each([
  ['/a/python', { CHAOS_PYTHON: '/b', VIRTUAL_ENV: '/v' }, '/a/python', '--python'],
  [undefined, { CHAOS_PYTHON: '/b', VIRTUAL_ENV: '/v' }, '/b', 'CHAOS_PYTHON'],
  [undefined, { VIRTUAL_ENV: '/v' }, '/v/bin/python', 'VIRTUAL_ENV'],
  [undefined, {}, 'python3', 'PATH'],
])('interpreter: flag %s, %o → %s', (flag, env, command, source) => {
  expect(interpreterFor(flag, env, 'linux')).toEqual({ command, source })
})

describe.skipIf(!hasPython())('the Python host', () => {
  test('tells what it runs on', async () => {
    await using run = pythonRun({})
    expect(await run.host.facts()).toMatchObject({ version: expect.stringMatching(/^3\.\d+/) })
  })

  test('searches with the regular expressions of Python', async () => {
    await using run = pythonRun({})
    expect(await run.host.search?.('(?P<x>a)(?(x)b)', 'xab')).toBe(true)
    expect(await run.host.search?.('^b', 'ab')).toBe(false)
    expect(await run.host.search?.('(', 'a')).toMatchObject({ message: expect.stringContaining('missing )') })
  })

  test('notifies plugins', async () => {
    await using run = pythonRun({
      'plug.py':
        'import logging\ndef tell(channel, event): logging.getLogger("chaostoolkit").info(event["name"])',
    })
    await run.host.notify?.(
      dict({ type: 'plugin', module: 'plug', func: 'tell' }),
      dict({ name: 'run-started' }),
    )
    expect(run.logs).toMatchObject([{ level: 'info', message: 'run-started', module: 'plug', line: 2 }])
  })

  test('lists installed extensions and discovers what they offer', async () => {
    await using run = pythonRun({
      'chaosdemo/__init__.py': `
from chaoslib.discovery.discover import discover_probes, initialize_discovery_result
from logzero import logger
def discover(discover_system=True):
    logger.info("discovering")
    found = initialize_discovery_result("chaostoolkit-demo", "1.2.3", "demo")
    found["activities"].extend(discover_probes("chaosdemo.probes"))
    return found
`,
      'chaosdemo/probes.py': `
from typing import Dict
from chaoslib.types import Configuration, Secrets
__all__ = ["ready"]
def ready(name: str, limit: float = 1.5, configuration: Configuration = None, secrets: Secrets = None) -> bool:
    """Is it?"""
def hidden(): pass
`,
      'chaostoolkit_demo-1.2.3.dist-info/METADATA':
        'Metadata-Version: 2.1\nName: chaostoolkit-demo\nVersion: 1.2.3\nSummary: A demo\nLicense: Apache-2.0\n',
      'chaostoolkit_demo-1.2.3.dist-info/top_level.txt': 'chaosdemo\n',
    })
    expect(await run.host.extensions?.()).toContainEqual({
      name: 'chaostoolkit-demo',
      version: '1.2.3',
      summary: 'A demo',
      license: 'Apache-2.0',
    })
    const found = await run.host.discover?.('chaostoolkit-demo', { includesSystem: false, installs: false })
    const [ready, ...others] = (found?.get('activities') ?? []) as readonly unknown[]
    expect(others).toEqual([])
    expect(ready).toEqual(
      dict({
        type: 'probe',
        name: 'ready',
        mod: 'chaosdemo.probes',
        doc: 'Is it?',
        arguments: [
          dict({ name: 'name', type: 'string' }),
          dict({ name: 'limit', default: 1.5, type: 'number' }),
          dict({ name: 'configuration', default: null, type: 'mapping' }),
          dict({ name: 'secrets', default: null, type: 'mapping' }),
        ],
        return_type: 'boolean',
      }),
    )
    await expect(
      run.host.discover?.('chaostoolkit-none', { includesSystem: false, installs: false }),
    ).rejects.toThrow('Package chaostoolkit-none not found')
  })

  test('the worker ends when its host was killed, even in a call that no signal ends', async () => {
    const script = join(import.meta.dirname, 'test-support/hung-host.ts')
    const host = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] })
    onTestFinished(() => void host.kill('SIGKILL'))
    const [said] = (await once(createInterface(host.stderr), 'line')) as [string]
    const pid = Number(/^worker (\d+)$/.exec(said)?.[1])
    expect(isAlive(pid)).toBe(true)
    host.kill('SIGKILL')
    await expect.poll(() => isAlive(pid)).toBe(false)
  })

  test('what stands in for chaoslib passes its own tests', () => {
    const tests = join(workerFolder(), '../tests')
    expect(readdirSync(tests).filter((name) => name.startsWith('test_')).length).toBeGreaterThan(0)
    execFileSync('python3', ['-W', 'error', '-m', 'unittest', 'discover', '-s', tests], { stdio: 'pipe' })
  })

  test('the worker is written in Python 3.8 with the standard library', () => {
    const script = `
import ast, sys
known = {"aftershock_worker", "chaoslib", "opentelemetry", "opentracing", "jsonpath2"}
for name in sys.argv[1:]:
    tree = ast.parse(open(name).read(), feature_version=(3, 8))
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) else []
        for one in names:
            if one.split(".")[0] not in known | set(sys.stdlib_module_names): print(name, one)
`
    const files = readdirSync(workerFolder(), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.py'))
      .map((name) => join(workerFolder(), name))
    expect(files.length).toBeGreaterThan(20)
    expect(execFileSync('python3', ['-c', script, ...files], { encoding: 'utf8' })).toBe('')
    expect(files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 300)).toEqual([])
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
