import { readFileSync } from 'node:fs'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { isDict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ChaosLog } from './log.ts'
import { Refused } from './stops.ts'

export type Variables = {
  readonly configuration: PyDict
  readonly secrets: PyDict
  /** From `.env` files, for the process. */
  readonly env: Readonly<Record<string, string>>
}

/** `--var-file` (later files win), then `--var`. A file that cannot be parsed is logged and left out. */
export async function readVariables(
  given: readonly (readonly [string, PyValue])[],
  files: readonly string[],
  log: ChaosLog,
): Promise<Variables> {
  const configuration: PyDict = new Map<PyKey, PyValue>()
  const secrets: PyDict = new Map<PyKey, PyValue>()
  const env: Record<string, string> = {}
  for (const file of files) {
    const text = textOf(file, log)
    if (text === undefined) continue
    const data = await parsed(file, text, log)
    if (data === 'unreadable') continue
    if (isDict(data) && pythonTruth(data)) {
      into(configuration, data.get('configuration'))
      into(secrets, data.get('secrets'))
    } else Object.assign(env, readEnvironment(file, text))
  }
  for (const [key, value] of given) configuration.set(key, value)
  return { configuration, secrets, env }
}

function textOf(file: string, log: ChaosLog): string | undefined {
  try {
    const text = readFileSync(file, 'utf8')
    if (text === '') log.debug(`Var file '${file}' is empty`)
    return text === '' ? undefined : text
  } catch {
    log.error(`Cannot read var file '${file}'`)
    return undefined
  }
}

async function parsed(file: string, text: string, log: ChaosLog): Promise<PyValue | 'unreadable'> {
  try {
    if (file.endsWith('.json')) return readJson(text)
    if (!/\.ya?ml$/.test(file)) return null
    const { readYaml } = await import('../../formats/chaos-toolkit/yaml-read.ts')
    return readYaml(text)
  } catch (error) {
    if (!(error instanceof PythonError)) throw error
    log.error(`Failed to parse variable file '${file}': ${error.message}`)
    return 'unreadable'
  }
}

function into(target: PyDict, source: PyValue | undefined): void {
  for (const [key, value] of isDict(source) ? source : []) target.set(key, value)
}

function readEnvironment(file: string, text: string): Readonly<Record<string, string>> {
  const env: Record<string, string> = {}
  text.split('\n').forEach((raw, at) => {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) return
    const equals = line.indexOf('=')
    if (equals === -1) throw new Refused(`${file}:${at + 1}: a line must be NAME=value: it is '${line}'`)
    env[line.slice(0, equals)] = line.slice(equals + 1)
  })
  return env
}
