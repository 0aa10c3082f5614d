import { hostname, release, type } from 'node:os'
import { loadConfiguration, loadDynamicConfiguration } from '../../engine/chaos-toolkit/configuration.ts'
import type { controlsFor } from '../../engine/chaos-toolkit/controls.ts'
import type { exitDesk } from '../../engine/chaos-toolkit/exit-desk.ts'
import type { JournalFile } from '../../engine/chaos-toolkit/journal-file.ts'
import { type RunInput, type RunOutcome, runExperiment } from '../../engine/chaos-toolkit/run.ts'
import type { Compatibility } from '../../engine/chaos-toolkit/run-context.ts'
import { loadSecrets } from '../../engine/chaos-toolkit/secrets.ts'
import type { Variables } from '../../engine/chaos-toolkit/variables.ts'
import type { PyDict, PyKey, PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ChaosContext } from './chaos-command.ts'
import type { Hosts } from './hosts.ts'
import type { ObservedRun } from './observer.ts'
import type { Given } from './options.ts'
import { exitCodeOf, keepAsText } from './run-ending.ts'
import type { strategiesOf } from './run-strategies.ts'

export type Work = {
  readonly given: Given
  readonly context: ChaosContext
  readonly hosts: Hosts
  readonly variables: Variables
  readonly desk: ReturnType<typeof exitDesk>
  readonly tracing: ObservedRun
  /** For the journal's key `aftershock`. */
  readonly facts?: (() => PyDict | undefined) | undefined
}

export type Prepared = {
  readonly experiment: PyDict
  readonly settings: PyDict
  readonly controls: ReturnType<typeof controlsFor>
  readonly strategies: ReturnType<typeof strategiesOf>
  readonly dry: 'probes' | 'actions' | 'activities' | 'pause' | undefined
  readonly file: JournalFile
  readonly tell: (name: string, payload: PyValue) => Promise<void>
}

/**
 * Runs what was prepared, and writes its journal.
 * @param play - `resumeExperiment` for a run that was killed
 */
export async function playPrepared(
  work: Work,
  prepared: Prepared,
  play: (input: RunInput) => Promise<RunOutcome> = runExperiment,
): Promise<{ readonly outcome: RunOutcome; readonly exitCode: number }> {
  const { given, context } = work
  const { log } = context
  const { file, tell } = prepared
  const outcome = await play(await inputOf(work, prepared))
  const facts = work.facts?.()
  if (facts !== undefined) outcome.journal.set('aftershock', facts)
  const kept = keepAsText(outcome.journal)
  for (const place of kept) log.error(`${place} is no JSON: it is kept as text in the journal`)
  file.finish(outcome.journal)
  const isDeviated = outcome.journal.get('deviated') === true
  const isCompleted = outcome.journal.get('status') === 'completed'
  await tell(isCompleted ? 'run-completed' : 'run-failed', outcome.journal)
  if (isDeviated) await tell('run-deviated', outcome.journal)
  return { outcome, exitCode: exitCodeOf(outcome, given, kept.length) }
}

async function inputOf(work: Work, prepared: Prepared): Promise<RunInput> {
  const { given, context, hosts, variables, desk, tracing } = work
  const { experiment, settings } = prepared
  const { log } = context
  const none: PyDict = new Map<PyKey, PyValue>()
  const overrides = variables.configuration
  const configuration = loadConfiguration(experiment.get('configuration') ?? none, overrides, process.env)
  const declared = experiment.get('secrets') ?? none
  const secrets = await loadSecrets({
    declared,
    configuration,
    overrides: variables.secrets,
    env: process.env,
    log,
  })
  const { compatibility } = compatibilityOf(given)
  const { observer } = tracing
  return {
    experiment,
    configuration: await loadDynamicConfiguration(
      { providerOf: hosts.providerOf, secrets, log, observer, desk, compatibility },
      configuration,
    ),
    secrets,
    settings,
    dry: prepared.dry,
    ...prepared.strategies,
    compatibility,
    about: {
      version: `aftershock ${context.version}`,
      platform: `${type()}-${release()}`,
      node: hostname(),
    },
    providerOf: hosts.providerOf,
    search: hosts.search,
    controls: prepared.controls,
    log,
    observer,
    desk,
    keeper: prepared.file,
  }
}

export function compatibilityOf(given: Given): { readonly compatibility: Compatibility } {
  return { compatibility: given.flags.has('--strict-compat') ? 'strict' : 'safe' }
}

export function dryOf(given: Given): Prepared['dry'] {
  const dry = given.texts.get('--dry')
  return dry === 'probes' || dry === 'actions' || dry === 'activities' || dry === 'pause' ? dry : undefined
}
