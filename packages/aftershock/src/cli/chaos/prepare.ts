import { readFileSync } from 'node:fs'
import type { Controls } from '../../engine/chaos-toolkit/controls.ts'
import { loadSource } from '../../engine/chaos-toolkit/load-experiment.ts'
import { Refused, RunStop } from '../../engine/chaos-toolkit/stops.ts'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { isDict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'

/** Global controls: of the settings, then of `--control-file`, each under its name. */
export async function globalControls(settings: PyDict, files: readonly string[]): Promise<readonly PyDict[]> {
  const controls = named(settings.get('controls'))
  for (const file of files) controls.push(...named(await controlFile(file)))
  return controls
}

function named(declared: PyValue | undefined): PyDict[] {
  const controls: PyDict[] = []
  for (const [name, control] of isDict(declared) ? declared : []) {
    if (isDict(control)) controls.push(control.set('name', name))
  }
  return controls
}

async function controlFile(file: string): Promise<PyValue> {
  try {
    const text = readFileSync(file, 'utf8')
    if (text === '') return null
    if (file.endsWith('.json')) return readJson(text)
    const { readYaml } = await import('../../formats/chaos-toolkit/yaml-read.ts')
    return readYaml(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Refused(`Failed to parse control file '${file}': ${why}`)
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
