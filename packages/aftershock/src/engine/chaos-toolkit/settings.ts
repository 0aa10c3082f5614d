import { existsSync, readFileSync } from 'node:fs'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { isDict, isList, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ChaosLog } from './log.ts'

/** The settings file; one that cannot be read is logged, and the run goes on without, as in the reference. */
export async function loadSettings(path: string, log: ChaosLog): Promise<PyDict> {
  const none: PyDict = new Map<PyKey, PyValue>()
  if (!existsSync(path)) {
    log.debug(`The Chaos Toolkit settings file could not be found at '${path}'.`)
    return none
  }
  try {
    const { readYaml } = await import('../../formats/chaos-toolkit/yaml-read.ts')
    const settings = readYaml(readFileSync(path, 'utf8'))
    if (isDict(settings)) return settings
    if (settings !== null) log.error(`The settings in ${path} must be a mapping`)
  } catch (error) {
    if (!(error instanceof PythonError) && !isSystemError(error)) throw error
    log.error(`Failed parsing YAML settings: ${error.message}`)
  }
  return none
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
