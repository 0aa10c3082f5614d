import { existsSync } from 'node:fs'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import { readVariables, type Variables } from '../../engine/chaos-toolkit/variables.ts'
import { readVariable } from '../../formats/chaos-toolkit/convert.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import type { PyValue } from '../../formats/chaos-toolkit/values.ts'
import { type Given, UsageError } from './options.ts'

/** @throws UsageError for a `--var` that is no pair, and for files that are not there */
export function checkGiven(given: Given): void {
  for (const text of given.lists.get('--var') ?? []) variableOf(text)
  for (const name of ['--var-file', '--control-file']) checkFiles(name, given)
}

/** What `--var` and `--var-file` say. What a file says for the environment is put into it. */
export async function givenVariables(given: Given, log: ChaosLog): Promise<Variables> {
  const variables = given.lists.get('--var')?.map(variableOf) ?? []
  const read = await readVariables(variables, given.lists.get('--var-file') ?? [], log)
  Object.assign(process.env, read.env)
  return read
}

function variableOf(text: string): readonly [string, PyValue] {
  try {
    return readVariable(text)
  } catch (error) {
    if (!(error instanceof PythonError)) throw error
    throw new UsageError(`Invalid value for '--var': ${error.message}`)
  }
}

function checkFiles(name: string, given: Given): void {
  for (const file of given.lists.get(name) ?? []) {
    if (!existsSync(file)) throw new UsageError(`Invalid value for '${name}': Path '${file}' does not exist.`)
  }
}
