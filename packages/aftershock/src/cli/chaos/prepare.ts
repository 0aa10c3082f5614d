import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { checkControls } from '../../engine/chaos-toolkit/check-settings.ts'
import type { Controls } from '../../engine/chaos-toolkit/controls.ts'
import { loadSource } from '../../engine/chaos-toolkit/load-experiment.ts'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import { Refused, RunStop } from '../../engine/chaos-toolkit/stops.ts'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { isDict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { errorText } from '../../model/error-text.ts'

/** Global controls: of the settings, then of `--control-file`, each under its name. */
export async function globalControls(
  settings: PyDict,
  files: readonly string[],
  log: ChaosLog,
): Promise<readonly PyDict[]> {
  const controls = named(settings.get('controls'))
  for (const file of files) controls.push(...named(await controlFile(file, log)))
  return controls
}

function named(declared: PyValue | undefined): PyDict[] {
  const controls: PyDict[] = []
  for (const [name, control] of isDict(declared) ? declared : []) {
    if (isDict(control)) controls.push(control.set('name', name))
  }
  return controls
}

/** One that cannot be parsed is told and passed over, as in the reference. @throws Refused for what holds no controls */
async function controlFile(file: string, log: ChaosLog): Promise<PyValue | undefined> {
  const text = textOf(file)
  if (text === '') return undefined
  const extension = extname(file)
  if (!['.json', '.yaml', '.yml', ''].includes(extension))
    throw new Refused(`control file '${file}' must be JSON or YAML, and named so`)
  try {
    const controls = extension.startsWith('.y')
      ? (await import('../../formats/chaos-toolkit/yaml-read.ts')).readYaml(text)
      : readJson(text)
    checkControls(controls, `control file '${file}'`)
    return controls
  } catch (error) {
    if (!(error instanceof PythonError)) throw error
    log.error(`Failed to parse control file '${file}': ${error.message}`)
    return undefined
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Refused(`Cannot read control file '${file}': ${errorText(error)}`)
  }
}

/** Loads the source between the loading hooks of the global controls. */
export async function loadWithHooks(
  source: string,
  controls: Controls,
  settings: PyDict,
  options: { readonly verifiesTls: boolean },
): Promise<PyValue> {
  const none: PyDict = new Map<PyKey, PyValue>()
  const document = {
    experiment: none,
    configuration: none,
    secrets: none,
    settings,
    extensions: undefined,
    journal: undefined,
  }
  const signal = new AbortController().signal
  const apply = (moment: 'before' | 'after', state: PyValue) =>
    controls.apply({ level: 'loading_experiment', moment, context: source, state, document, signal })
  try {
    await apply('before', null)
    const experiment = await loadSource({ source, settings, env: process.env, ...options })
    await apply('after', experiment)
    return experiment
  } catch (error) {
    if (!(error instanceof RunStop)) throw error
    const words = error.reason.kind === 'interrupted' ? error.reason.message : error.message
    throw new Refused(`a control interrupted the loading of the experiment: ${words}`)
  }
}
