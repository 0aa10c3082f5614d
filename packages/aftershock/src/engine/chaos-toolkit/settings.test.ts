import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { loadSettings, locateSetting } from './settings.ts'
import { keptLog, scratch } from './test-support/run-text.ts'

async function settings(text: string) {
  using files = scratch()
  writeFileSync(files.path('s.yaml'), text)
  const { log, lines } = keptLog()
  return { value: await loadSettings(files.path('s.yaml'), log), lines }
}

test('a settings file that is no YAML is told and left out', async () => {
  const { value, lines } = await settings('a: [')
  expect(value.size).toBe(0)
  expect(lines[0]).toContain('ERROR Failed parsing YAML settings')
})

test.each([
  ['a.b', '1'],
  ['auths.example\\.com:8443.type', 'digest'],
  ['controls[1].name', 'two'],
  ['controls[1]', "{'name': 'two'}"],
  ['controls[9]', 'nothing'],
  ['a.zz', 'nothing'],
  ['a.b.c', 'nothing'],
])('locateSetting(%s) finds %s', async (key, found) => {
  const { value } = await settings(
    'a: {b: 1}\nauths: {"example.com:8443": {type: digest}}\ncontrols: [{name: one}, {name: two}]',
  )
  const place = locateSetting(value, key)
  expect(place === undefined ? 'nothing' : pythonText(place.value)).toBe(found)
})
