import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkRunSettings } from '../../engine/chaos-toolkit/check-settings.ts'
import { controlsFor } from '../../engine/chaos-toolkit/controls.ts'
import { eventsPath, type Succession } from '../../engine/chaos-toolkit/event-log.ts'
import { exitDesk } from '../../engine/chaos-toolkit/exit-desk.ts'
import { type JournalFile, journalFile } from '../../engine/chaos-toolkit/journal-file.ts'
import { linkedPlace } from '../../engine/chaos-toolkit/journal-place.ts'
import { notify } from '../../engine/chaos-toolkit/notify.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { momentNow } from '../../engine/chaos-toolkit/times.ts'
import { validateExperiment } from '../../engine/chaos-toolkit/validate-experiment.ts'
import { identityOf } from '../../faults/process/process-table.ts'
import { isDict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ChaosContext } from './chaos-command.ts'
import { faultFacts } from './fault-facts.ts'
import { checkGiven, givenVariables } from './given-variables.ts'
import { hostsFor } from './hosts.ts'
import { observerFor } from './observer.ts'
import { type Given, wordsOf } from './options.ts'
import { compatibilityOf, dryOf, type Prepared, playPrepared, type Work } from './play.ts'
import { globalControls, loadWithHooks } from './prepare.ts'
import { startRunKeeper } from './run-keeper.ts'
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

/** Loads and validates; nothing of the experiment has acted yet. */
export async function prepareRun(work: Work): Promise<Prepared> {
  const { given, context, hosts } = work
  const { log } = context
  const settings = await context.settings()
  checkRunSettings(settings, context.settingsPath)
  const controls = controlsFor(hosts.controlsOf, log)
  const globals = await globalControls(settings, given.lists.get('--control-file') ?? [], log)
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
  const file = await openJournal(work)
  return { experiment, settings, controls, strategies, dry, file, tell }
}

/** What a run that was killed left there is undone first. */
async function openJournal({ given, context }: Work): Promise<JournalFile> {
  const path = linkedPlace(given.texts.get('--journal-path') ?? './journal.json')
  const state = existsSync(eventsPath(path))
    ? await (await import('./recover.ts')).recoverBefore(resolve(path), context)
    : 'nothing'
  if (state === 'goes on')
    context.log.warning(`Another run writes ${path} as well: nobody could end this one`)
  const isStrict = compatibilityOf(given).compatibility === 'strict'
  const succession = isStrict || state === 'goes on' ? undefined : successionOf(path, given, context)
  const warn = context.log.warning
  return journalFile(path, { start: momentNow(), succession, log: 'new', warn })
}

function successionOf(path: string, given: Given, { options }: ChaosContext): Succession {
  const owner = { pid: process.pid, identity: identityOf(process.pid) ?? '' }
  const watch = () => startRunKeeper(resolve(path), options)
  return { owner, argv: wordsOf(given), folder: process.cwd(), watch }
}

function asExperiment(value: PyValue): PyDict {
  if (isDict(value)) return value
  throw new Refused('an experiment must be a mapping with a title and a method')
}
