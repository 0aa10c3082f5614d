import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { dictsIn } from '../../engine/chaos-toolkit/control-order.ts'
import { controlsFor } from '../../engine/chaos-toolkit/controls.ts'
import { eventsPath } from '../../engine/chaos-toolkit/event-log.ts'
import { exitDesk, sleepFor } from '../../engine/chaos-toolkit/exit-desk.ts'
import { type FoundRun, readEvents } from '../../engine/chaos-toolkit/journal-events.ts'
import { journalFile } from '../../engine/chaos-toolkit/journal-file.ts'
import { linkedPlace } from '../../engine/chaos-toolkit/journal-place.ts'
import { notify } from '../../engine/chaos-toolkit/notify.ts'
import { resumeExperiment } from '../../engine/chaos-toolkit/run.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { momentOf } from '../../engine/chaos-toolkit/times.ts'
import { identityOf } from '../../faults/process/process-table.ts'
import { dict, isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { ChaosContext } from './chaos-command.ts'
import { givenVariables } from './given-variables.ts'
import { hostsFor } from './hosts.ts'
import { endMarkedProcesses } from './marked-processes.ts'
import { observerFor } from './observer.ts'
import { type Given, readOptions } from './options.ts'
import { compatibilityOf, dryOf, type Prepared, playPrepared, type Work } from './play.ts'
import { globalControls } from './prepare.ts'
import { isHeld, takeRecoveryLock } from './recovery-lock.ts'
import { replayedFaults } from './replayed-faults.ts'
import { RUN_OPTIONS } from './run-options.ts'
import { strategiesOf } from './run-strategies.ts'
import { listenToSignals } from './signals.ts'

/** `chaos recover [JOURNAL]`: ends a run whose process was killed. @returns 1 when something may be left */
export async function run(given: Given, context: ChaosContext): Promise<number> {
  const path = resolve(linkedPlace(given.rest[0] ?? './journal.json'))
  const state = await recover(path, context)
  if (state === 'nothing') context.log.info(`There is nothing to recover: the run of ${path} has ended`)
  if (state === 'goes on') context.log.error(`The run of ${path} goes on`)
  return state === 'goes on' || state === 'something is left' ? 1 : 0
}

export type Recovery = 'nothing' | 'goes on' | 'undone' | 'something is left'

const OTHER_WAIT_SECONDS = 0.1

/** Before a run writes where another one was killed. Its journal is kept beside. */
export async function recoverBefore(path: string, context: ChaosContext): Promise<Recovery> {
  const state = await recover(path, context)
  if (state !== 'undone' && state !== 'something is left') return state
  copyFileSync(path, `${path}.killed`)
  context.log.warning(`The run before was killed. It has been ended in its place: ${path}.killed`)
  return state
}

async function recover(path: string, context: ChaosContext): Promise<Recovery> {
  const events = eventsPath(path)
  const lock = `${events}.lock`
  while (existsSync(events)) {
    const found = readEvents(readFileSync(events, 'utf8'))
    if (found !== undefined && identityOf(found.owner.pid) === found.owner.identity) return 'goes on'
    const release = takeRecoveryLock(lock)
    if (release !== undefined) {
      try {
        if (!existsSync(events)) return 'nothing'
        if (found !== undefined) return await endInItsPlace(path, found, context)
        rmSync(events, { force: true })
        return 'nothing'
      } finally {
        release()
      }
    }
    while (isHeld(lock)) await sleepFor(OTHER_WAIT_SECONDS, new AbortController().signal)
  }
  return 'nothing'
}

async function endInItsPlace(path: string, found: FoundRun, context: ChaosContext): Promise<Recovery> {
  const { log } = context
  const { journal } = found
  const startedIn = process.cwd()
  process.chdir(found.folder)
  const given = readOptions(found.argv, RUN_OPTIONS, 'end')
  const ended = endMarkedProcesses(found.unended.map((one) => one.mark))
  const names = found.unended.filter((one) => ended.includes(one.mark)).map((one) => one.name)
  for (const name of names) log.warning(`The process of '${name}' was still running: it has been ended`)
  journal.set('recovered', dict({ killed_pid: BigInt(found.owner.pid), processes_ended: names }))
  const env = { ...process.env, ...traceOf(journal) }
  const desk = exitDesk()
  const tracing = observerFor({ env, log, version: context.version, ...compatibilityOf(given) })
  const hosts = hostsFor({ python: context.python, log, requestExit: desk.request, onSpan: tracing.onSpan })
  const signals = listenToSignals(desk, context.io)
  signals.begin()
  try {
    const work = { given, context, hosts, variables: await givenVariables(given, log), desk, tracing }
    const faults = replayedFaults(tracing.observer, given.rest[0] ?? '')
    const observed = { ...work, tracing: { ...tracing, observer: faults.observer }, facts: faults.facts }
    const prepared = await preparedAgain(observed, path, found)
    const { outcome } = await playPrepared(observed, prepared, (input) => {
      faults.replay(journal, input)
      return resumeExperiment(input, journal)
    })
    return outcome.troubles.length === 0 && !hasFailed(journal) ? 'undone' : 'something is left'
  } finally {
    await hosts.close()
    await tracing.flush()
    signals.end()
    process.chdir(startedIn)
  }
}

async function preparedAgain(work: Work, path: string, { journal }: FoundRun): Promise<Prepared> {
  const { given, context, hosts } = work
  const { log } = context
  const experiment = journal.get('experiment') ?? null
  if (!isDict(experiment)) throw new Refused(`${path} holds no experiment`)
  const settings = await context.settings()
  const controls = controlsFor(hosts.controlsOf, log)
  const globals = await globalControls(settings, given.lists.get('--control-file') ?? [], log)
  work.tracing.seeGlobals(globals)
  await controls.loadGlobals(globals)
  // Whoever comes after us finds the same log; one that dies at once must not be followed by others without end.
  const owner = { pid: process.pid, identity: identityOf(process.pid) ?? '' }
  const succession = { owner, argv: [], folder: '', watch: () => () => {} }
  return {
    experiment,
    settings,
    controls,
    strategies: strategiesOf(given, experiment, settings),
    dry: dryOf(given),
    file: journalFile(path, {
      start: momentOf(journal.get('start')),
      succession,
      log: 'goes-on',
      warn: log.warning,
    }),
    tell: (name, payload) => notify(settings, { name, payload }, hosts.python.notify, log),
  }
}

/** What is sent now belongs to the trace of the run. */
function traceOf(journal: PyDict): Readonly<Record<string, string>> {
  const [trace, span] = [journal.get('trace_id'), journal.get('span_id')]
  return typeof trace === 'string' && typeof span === 'string'
    ? { TRACEPARENT: `00-${trace}-${span}-01` }
    : {}
}

function hasFailed(journal: PyDict): boolean {
  const played = ['rollbacks', 'safety_rollbacks'].flatMap((key) => dictsIn(journal.get(key)))
  return played.some((record) => record.has('end') && record.get('status') !== 'succeeded')
}
