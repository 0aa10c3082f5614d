import { hostname, release, type } from 'node:os'
import { loadConfiguration, loadDynamicConfiguration } from '../../engine/chaos-toolkit/configuration.ts'
import { controlsFor } from '../../engine/chaos-toolkit/controls.ts'
import { exitDesk } from '../../engine/chaos-toolkit/exit-desk.ts'
import { type JournalFile, journalFile } from '../../engine/chaos-toolkit/journal-file.ts'
import { notify } from '../../engine/chaos-toolkit/notify.ts'
import { type RunOutcome, runExperiment } from '../../engine/chaos-toolkit/run.ts'
import type { Compatibility } from '../../engine/chaos-toolkit/run-context.ts'
import { loadSecrets } from '../../engine/chaos-toolkit/secrets.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { momentNow } from '../../engine/chaos-toolkit/times.ts'
import { validateExperiment } from '../../engine/chaos-toolkit/validate-experiment.ts'
import type { Variables } from '../../engine/chaos-toolkit/variables.ts'
import { isDict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ChaosContext } from './chaos-command.ts'
import { faultFacts } from './fault-facts.ts'
import { checkGiven, givenVariables } from './given-variables.ts'
import { type Hosts, hostsFor } from './hosts.ts'
import { type ObservedRun, observerFor } from './observer.ts'
import type { Given } from './options.ts'
import { globalControls, loadWithHooks } from './prepare.ts'
import { exitCodeOf, keepAsText } from './run-ending.ts'
import { strategiesOf } from './run-strategies.ts'
import { listenToSignals } from './signals.ts'

/** `chaos run SOURCE`. */
export async function run(given: Given, context: ChaosContext): Promise<number> {
  checkGiven(given)
  const desk = exitDesk()
  const signals = listenToSignals(desk, context.io)
  const { log } = context
  const tracing = observerFor({ env: process.env, log, version: context.version, ...compatibilityOf(given) })
  const hosts = hostsFor({ python: context.python, log, requestExit: desk.request, onSpan: tracing.onSpan })
  try {
    const variables = await givenVariables(given, log)
    const isStrict = compatibilityOf(given).compatibility === 'strict'
    const faults = isStrict ? undefined : faultFacts(tracing.observer, given.rest[0] ?? '')
    const observed = { ...tracing, observer: faults?.observer ?? tracing.observer }
    const facts = faults?.facts
    const work = { given, context, hosts, variables, desk, tracing: observed, facts }
    const prepared = await prepareRun(work)
    signals.begin()
    return (await playPrepared(work, prepared)).exitCode
  } finally {
    await hosts.close()
    await tracing.flush()
    signals.end()
  }
}

export function compatibilityOf(given: Given): { readonly compatibility: Compatibility } {
  return { compatibility: given.flags.has('--strict-compat') ? 'strict' : 'safe' }
}

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

/** Loads and validates; nothing of the experiment has acted yet. */
export async function prepareRun(work: Work): Promise<Prepared> {
  const { given, context, hosts } = work
  const { log } = context
  const settings = await context.settings()
  const controls = controlsFor(hosts.controlsOf, log)
  const globals = await globalControls(settings, given.lists.get('--control-file') ?? [])
  work.tracing.seeGlobals(globals)
  await controls.loadGlobals(globals)
  const loaded = await loadWithHooks(given.rest[0] ?? '', controls, settings, {
    verifiesTls: !given.flags.has('--no-verify-tls'),
  })
  const tell = (name: string, payload: PyValue) =>
    notify(settings, { name, payload }, hosts.python.notify, log)
  await tell('run-started', loaded)
  const experiment = given.flags.has('--no-validation')
    ? asExperiment(loaded)
    : await validateExperiment({ experiment: loaded, env: process.env, ...hosts, log })
  const dry = dryOf(given)
  experiment.set('dry', dry ?? null)
  const strategies = strategiesOf(given, experiment, settings)
  const start = momentNow()
  const file = journalFile(given.texts.get('--journal-path') ?? './journal.json', start)
  return { experiment, settings, controls, strategies, dry, file, tell }
}

/** Runs what was prepared, and writes its journal. */
export async function playPrepared(
  work: Work,
  prepared: Prepared,
): Promise<{ readonly outcome: RunOutcome; readonly exitCode: number }> {
  const { given, context } = work
  const { log } = context
  const { file, tell } = prepared
  const outcome = await runIt(work, prepared)
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

export type Prepared = {
  readonly experiment: PyDict
  readonly settings: PyDict
  readonly controls: ReturnType<typeof controlsFor>
  readonly strategies: ReturnType<typeof strategiesOf>
  readonly dry: 'probes' | 'actions' | 'activities' | 'pause' | undefined
  readonly file: JournalFile
  readonly tell: (name: string, payload: PyValue) => Promise<void>
}

async function runIt(work: Work, prepared: Prepared): Promise<RunOutcome> {
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
  return runExperiment({
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
    keeper: () => prepared.file,
  })
}

function asExperiment(value: PyValue): PyDict {
  if (isDict(value)) return value
  throw new Refused('an experiment must be a mapping with a title and a method')
}

function dryOf(given: Given): Prepared['dry'] {
  const dry = given.texts.get('--dry')
  return dry === 'probes' || dry === 'actions' || dry === 'activities' || dry === 'pause' ? dry : undefined
}
