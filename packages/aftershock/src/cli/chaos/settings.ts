import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { locateSetting, readSettings } from '../../engine/chaos-toolkit/settings.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { writeYaml } from '../../formats/chaos-toolkit/yaml-write.ts'
import type { ChaosContext } from './chaos-command.ts'
import { type Given, UsageError } from './options.ts'

/** `chaos settings show|get KEY|set KEY JSON|remove KEY`. */
export async function run(given: Given, context: ChaosContext): Promise<number> {
  const [command = '', ...words] = given.rest
  const format = given.texts.get('--format') ?? 'yaml'
  const wanted = { show: 0, get: 1, set: 2, remove: 1 }[command] ?? 0
  const names = ['KEY', 'VALUE'].slice(0, wanted)
  if (words.length < wanted) throw new UsageError(`Missing argument '${names[words.length] ?? ''}'.`)
  if (words.length > wanted) {
    throw new UsageError(`Got unexpected extra argument (${words.slice(wanted).join(' ')})`)
  }
  checkFormat(command, given)
  if (statSync(context.settingsPath, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new Refused(`No settings file found at ${context.settingsPath}`)
  }
  const read = await readSettings(context.settingsPath, context.log)
  const settings = pythonTruth(read) ? read : new Map<PyKey, PyValue>()
  if (command === 'show') return show(settings, format, context)
  const [key = '', value = ''] = words
  const place = isDict(settings) ? locateSetting(settings, key) : undefined
  if (place === undefined) throw new Refused(`No setting '${key}' in ${context.settingsPath}`)
  if (command === 'get') return show(place.value, format, context)
  if (command === 'set') {
    const parsed = readJson(value)
    if (place.kind === 'field') place.parent.set(place.key, parsed)
    else place.parent[place.index] = parsed
  } else if (place.kind === 'field') place.parent.delete(place.key)
  else place.parent.splice(place.index, 1)
  save(settings, context.settingsPath)
  return 0
}

function checkFormat(command: string, given: Given): void {
  const format = given.texts.get('--format')
  if (format === undefined) return
  if (command === 'set' || command === 'remove') throw new UsageError("No such option '--format'.")
  if (command === 'show' && format === 'string')
    throw new UsageError("Invalid value for '--format': 'string' is not one of 'json', 'yaml'.")
}

function show(value: PyValue, format: string, { io }: ChaosContext): number {
  const text =
    format === 'json'
      ? writeJson(value)
      : format === 'string'
        ? pythonText(value)
        : writeYaml(value, { order: 'sorted', step: 2 })
  io.out.write(`${text}\n`)
  return 0
}

function save(settings: PyValue, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const part = `${path}.tmp`
  writeFileSync(part, writeYaml(settings, { order: 'sorted', step: 2 }), { mode: 0o600 })
  renameSync(part, path)
}
