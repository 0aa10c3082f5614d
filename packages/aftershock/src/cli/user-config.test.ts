import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSystemFile } from '../formats/system-file.ts'
import { withUserConfig } from './user-config.ts'

test('withUserConfig() fills in what the project does not mention, and nothing else', () => {
  const home = mkdtempSync(join(tmpdir(), 'aftershock-user-'))
  mkdirSync(join(home, 'aftershock'))
  writeFileSync(
    join(home, 'aftershock', 'config.yaml'),
    'phases: { baseline: 7s }\nguards: [ "errors > 50% for 5s" ]\n',
  )
  const text = 'system: { services: { a: { listen: 1234, upstream: 2234 } } }\nguards: [ "errors > 9%" ]\n'
  const read = readSystemFile(text, 'aftershock.yaml')
  if (!read.ok) throw new Error('the fixture does not read')
  const merged = withUserConfig(read.value, text, { XDG_CONFIG_HOME: home })
  rmSync(home, { recursive: true })
  expect([merged.phases.baselineMs, merged.guards, merged.services.length]).toEqual([
    7_000,
    ['errors > 9%'],
    1,
  ])
})
