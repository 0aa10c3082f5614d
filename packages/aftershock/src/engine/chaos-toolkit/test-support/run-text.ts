import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJson } from '../../../formats/chaos-toolkit/json-read.ts'
import { pythonText } from '../../../formats/chaos-toolkit/python-text.ts'
import { dict, isDict, isList, type PyDict, type PyValue } from '../../../formats/chaos-toolkit/values.ts'
import { loadConfiguration } from '../configuration.ts'
import { dictsIn } from '../control-order.ts'
import { controlsFor } from '../controls.ts'
import { type ExitDesk, exitDesk } from '../exit-desk.ts'
import { httpProvider } from '../http-provider.ts'
import { NO_KEEPER } from '../journal-keeper.ts'
import type { ChaosLog } from '../log.ts'
import { NO_OBSERVER } from '../observe-nothing.ts'
import type { ActivityProvider, ControlHooks } from '../ports.ts'
import { processProvider } from '../process-provider.ts'
import { type RunInput, type RunOutcome, runExperiment } from '../run.ts'
import { loadSecrets } from '../secrets.ts'

export type Lines = { readonly log: ChaosLog; readonly lines: string[] }

/** A log that is kept: `WARNING text`. */
export function keptLog(): Lines {
  const lines: string[] = []
  const keep = (level: string) => (message: string) => {
    lines.push(`${level} ${message}`)
  }
  const log = {
    debug: () => {},
    info: keep('INFO'),
    warning: keep('WARNING'),
    error: keep('ERROR'),
    critical: keep('CRITICAL'),
  }
  return { log, lines }
}

export type TextRun = Partial<RunInput> & {
  readonly desk?: ExitDesk
  readonly controlsOf?: (type: string) => ControlHooks | undefined
  /** Beside http and process. */
  readonly providers?: Readonly<Record<string, ActivityProvider>>
}

export type TextOutcome = RunOutcome & { readonly lines: readonly string[] }

/** Runs an experiment given as JSON with the real providers. */
export async function runText(text: string, given: TextRun = {}): Promise<TextOutcome> {
  const experiment = dictOf(readJson(text))
  const { log, lines } = keptLog()
  const own: Readonly<Record<string, ActivityProvider | undefined>> = {
    http: httpProvider(log),
    process: processProvider(log),
    ...given.providers,
  }
  const configuration = loadConfiguration(experiment.get('configuration') ?? dict({}), dict({}), process.env)
  const secrets = await loadSecrets({
    declared: experiment.get('secrets') ?? dict({}),
    configuration,
    overrides: dict({}),
    env: process.env,
    log,
  })
  const outcome = await runExperiment({
    experiment,
    configuration,
    secrets,
    settings: dict({}),
    dry: undefined,
    hypothesisStrategy: 'default',
    rollbackStrategy: 'default',
    schedule: { frequencySeconds: 0.05, failsFast: false },
    compatibility: 'safe',
    about: { version: 'aftershock test', platform: 'test', node: 'test' },
    providerOf: (type) => own[type],
    search: async () => false,
    controls: controlsFor(given.controlsOf ?? (() => undefined), log),
    log,
    observer: NO_OBSERVER,
    desk: exitDesk(),
    keeper: NO_KEEPER,
    ...given,
  })
  return { ...outcome, lines }
}

export function dictOf(value: PyValue | undefined): PyDict {
  if (isDict(value)) return value
  throw new Error(`no mapping: ${value === undefined ? 'nothing' : pythonText(value)}`)
}

/** `completed, run: kill succeeded, rollbacks: undo succeeded`: what a journal says, in a line. */
export function told({ journal }: RunOutcome): string {
  const parts = [
    `${pythonText(journal.get('status') ?? null)}${journal.get('deviated') === true ? ' deviated' : ''}`,
  ]
  const states = dictOf(journal.get('steady_states'))
  for (const phase of ['before', 'after']) {
    const state = states.get(phase)
    if (isDict(state)) parts.push(`${phase}: ${state.get('steady_state_met') === true ? 'met' : 'not met'}`)
  }
  for (const section of ['run', 'rollbacks', 'safety_rollbacks']) {
    const records = journal.get(section)
    if (isList(records) && records.length > 0) parts.push(`${section}: ${recordsText(records)}`)
  }
  return parts.join(', ')
}

function recordsText(records: PyValue): string {
  return dictsIn(records)
    .map((record) => {
      const name = pythonText(dictOf(record.get('activity')).get('name') ?? null)
      return `${name} ${record.has('status') ? pythonText(record.get('status') ?? null) : 'cut'}`
    })
    .join(' ')
}

/** A folder for the files of a test, gone at its end. */
export function scratch(): Disposable & { readonly path: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-chaos-'))
  return {
    path: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
