import { existsSync, readFileSync } from 'node:fs'
import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { isDict, isList, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { checkChannels } from './check-settings.ts'
import type { ChaosLog } from './log.ts'
import { Refused } from './stops.ts'

/**
 * The settings file, or nothing.
 * @throws Refused for what is no mapping, and for channels that cannot be told
 */
export async function loadSettings(path: string, log: ChaosLog): Promise<PyDict> {
  const settings = await readSettings(path, log)
  if (!pythonTruth(settings)) return new Map<PyKey, PyValue>()
  if (!isDict(settings)) throw new Refused(`the settings in ${path} must be a mapping`)
  checkChannels(settings, path)
  return settings
}

/** What the settings file says; one that cannot be read is logged, and the command goes on without, as in the reference. */
export async function readSettings(path: string, log: ChaosLog): Promise<PyValue> {
  if (!existsSync(path)) {
    log.debug(`The Chaos Toolkit settings file could not be found at '${path}'.`)
    return null
  }
  try {
    const { readYaml } = await import('../../formats/chaos-toolkit/yaml-read.ts')
    return readYaml(readFileSync(path, 'utf8'))
  } catch (error) {
    if (!(error instanceof PythonError) && !isSystemError(error)) throw error
    log.error(`Failed parsing YAML settings: ${error.message}`)
    return null
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error
}

/** Where a dotted key leads: the holder, and the name or index in it. */
export type SettingsPlace =
  | { readonly kind: 'field'; readonly parent: PyDict; readonly key: string; readonly value: PyValue }
  | { readonly kind: 'item'; readonly parent: PyValue[]; readonly index: number; readonly value: PyValue }

/** `a.b[0].c`, a dot inside a name escaped by a backslash. @returns undefined when nothing is there */
export function locateSetting(settings: PyDict, key: string): SettingsPlace | undefined {
  let place: SettingsPlace | undefined
  let current: PyValue = settings
  for (const raw of key.split(/(?<!\\)\./)) {
    const part = raw.replaceAll('\\', '')
    const indexed = /^(.*)\[(\d+)\]$/.exec(part)
    const name = indexed?.[1] ?? part
    if (!isDict(current)) return undefined
    const value = current.get(name)
    if (value === undefined) return undefined
    place = { kind: 'field', parent: current, key: name, value }
    current = value
    if (indexed === null) continue
    const index = Number(indexed[2])
    const item = isList(current) ? current[index] : undefined
    if (!isList(current) || item === undefined) return undefined
    place = { kind: 'item', parent: current, index, value: item }
    current = item
  }
  return place
}
