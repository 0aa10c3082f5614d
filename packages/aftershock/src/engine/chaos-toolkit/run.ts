import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { substitute } from '../../formats/chaos-toolkit/substitute.ts'
import { dict, isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { checkPhase } from './check-phase.ts'
import { type Schedule, startContinuousHypothesis } from './continuous-hypothesis.ts'
import { dictsIn } from './control-order.ts'
import type { Controls } from './controls.ts'
import type { ExitDesk } from './exit-desk.ts'
import { endJournal, type JournalAbout, newJournal } from './journal.ts'
import type { JournalKeeper } from './journal-keeper.ts'
import type { ChaosLog } from './log.ts'
import { runMethod } from './method.ts'
import { namedActivities } from './named-activities.ts'
import type { PatternSearch, RunObserver } from './ports.ts'
import { decideRollbacks, type EndedBy } from './rollback-decision.ts'
import { playRollbacks } from './rollbacks.ts'
import type { Compatibility, Dry, ProviderOf, RunContext } from './run-context.ts'
import { Refused, RunStop } from './stops.ts'
import { momentNow, momentOf } from './times.ts'
import { documentOf } from './with-controls.ts'

export type HypothesisStrategy =
  | 'default'
  | 'before-method-only'
  | 'after-method-only'
  | 'during-method-only'
  | 'continuously'
  | 'skip'

export type RunInput = {
  /** Loaded and, unless told otherwise, validated. Changed by controls, and its title by substitution. */
  readonly experiment: PyDict
  readonly configuration: PyDict
  readonly secrets: PyDict
  readonly settings: PyDict
  readonly dry: Dry | undefined
  readonly hypothesisStrategy: HypothesisStrategy
  readonly rollbackStrategy: string
  readonly schedule: Schedule
  readonly compatibility: Compatibility
  readonly about: JournalAbout
  readonly providerOf: ProviderOf
  readonly search: PatternSearch
  readonly controls: Controls
  readonly log: ChaosLog
  readonly observer: RunObserver
  readonly desk: ExitDesk
  readonly keeper: JournalKeeper
}

/** `troubles`: what the journal cannot tell, for the log; the reference crashes there, so the exit code is 1. */
export type RunOutcome = { readonly journal: PyDict; readonly troubles: readonly string[] }

/** Runs an experiment from its first hook to its last. Always ends with a journal. */
export async function runExperiment(input: RunInput): Promise<RunOutcome> {
  const { experiment, controls, log, desk } = input
  experiment.set('title', substitute(experiment.get('title') ?? null, input))
  log.info(`Running experiment: ${pythonText(experiment.get('title') ?? null)}`)
  const start = momentNow()
  const journal = newJournal(input.about, experiment, start)
  const run = contextOf(input, journal)
  desk.onRequest((request) => run.root.note({ kind: 'exit-requested', request }))
  await controls.event({ name: 'started', values: [experiment, journal] })
  // With nothing to do there is nothing to take over.
  if (hasProbes(experiment) || dictsIn(experiment.get('method')).length > 0) run.keeper.opened(journal)
  if (input.dry !== undefined) log.warning(`Running experiment with dry ${input.dry}`)
  await controls.configure(documentOf(run, 'foreground'))
  await controls.event({ name: 'running', values: runningValues(run, input) })
  log.info(`Steady-state strategy: ${input.hypothesisStrategy}`)
  log.info(`Rollbacks strategy: ${input.rollbackStrategy}`)
  await decideAndRollBack(run, input, await playedMain(run, input))
  noteLateRequest(run)
  endJournal(journal, start, momentNow())
  tellEnd(run)
  await closeControls(run)
  run.root.end({ kind: 'experiment', journal, exit: desk.requested() })
  await controls.event({ name: 'finish', values: [journal] })
  return { journal, troubles: run.troubles }
}

/**
 * Ends a run whose process died, in its place: rollbacks that were not played yet, as its strategy has them, the last
 * hooks, the end of the journal.
 *
 * @param journal - as it was then; changed
 */
export async function resumeExperiment(input: RunInput, journal: PyDict): Promise<RunOutcome> {
  const { controls, log, experiment } = input
  const start = momentOf(journal.get('start') ?? null)
  const run = contextOf(input, journal)
  const status = journal.get('status')
  if (status === null || status === 'completed') journal.set('status', 'aborted')
  await controls.configure(documentOf(run, 'foreground'))
  await controls.event({ name: 'running', values: runningValues(run, input) })
  log.warning(`The run '${pythonText(experiment.get('title') ?? null)}' was killed: it is ended in its place`)
  await decideAndRollBack(run, input, 'killed')
  endJournal(journal, start, momentNow())
  tellEnd(run)
  await closeControls(run)
  run.root.end({ kind: 'experiment', journal, exit: input.desk.requested() })
  await controls.event({ name: 'finish', values: [journal] })
  return { journal, troubles: run.troubles }
}

function contextOf(input: RunInput, journal: PyDict): RunContext {
  const { experiment } = input
  const document = documentOf({ ...input, journal }, 'foreground')
  return {
    ...input,
    journal,
    named: namedActivities(experiment),
    root: input.observer.start({ kind: 'experiment', experiment, document }, undefined),
    troubles: [],
  }
}

function runningValues(run: RunContext, input: RunInput): readonly PyValue[] {
  const schedule = dict({
    continuous_hypothesis_frequency: input.schedule.frequencySeconds,
    fail_fast: input.schedule.failsFast,
    fail_fast_ratio: 0,
  })
  return [run.experiment, run.journal, run.configuration, run.secrets, schedule, run.settings]
}

/** Hypothesis, method, hypothesis. */
async function playedMain(run: RunContext, input: RunInput): Promise<EndedBy> {
  try {
    await applyExperimentHooks(run, 'before', null)
    run.desk.check()
    await playMain(run, input)
    return 'itself'
  } catch (error) {
    if (!(error instanceof RunStop)) throw error
    return settle(run, error)
  }
}

async function settle(run: RunContext, { reason }: RunStop): Promise<EndedBy> {
  if (reason.kind === 'crashed') {
    run.journal.set('status', 'aborted')
    const trouble = `${reason.error.type}: ${reason.error.message}`
    run.log.critical(trouble)
    run.troubles.push(trouble)
    if (run.compatibility === 'strict') throw lost(run, trouble)
    return 'itself'
  }
  run.journal.set('status', 'interrupted')
  if (reason.kind === 'interrupted') {
    run.log.critical(reason.message)
    await run.controls.event({ name: 'interrupted', values: [run.experiment, run.journal] })
    return 'itself'
  }
  const isKey = reason.request?.kind === 'interrupt'
  run.log.warning(
    isKey ? 'Received a termination signal (Ctrl-C)...' : `Received the exit signal: ${reason.code}`,
  )
  await run.controls.event({ name: 'signal_exit', values: [] })
  return reason.code === '30' ? 'an ungraceful exit' : 'itself'
}

/** The reference dies here: no rollbacks, no journal. */
function lost(run: RunContext, trouble: string): Refused {
  run.root.end({ kind: 'experiment', journal: run.journal, exit: run.desk.requested() })
  return new Refused(trouble)
}

async function playMain(run: RunContext, input: RunInput): Promise<void> {
  const strategy = hasProbes(run.experiment) ? input.hypothesisStrategy : 'none'
  if (input.hypothesisStrategy === 'skip') run.log.info('Skipping Steady-State Hypothesis as requested')
  else if (strategy === 'none') run.log.info("No steady state hypothesis defined. That's ok, just exploring.")
  if (['default', 'continuously', 'before-method-only'].includes(strategy)) {
    if (!(await passesGate(run))) return
  }
  const isContinuous = strategy === 'continuously' || strategy === 'during-method-only'
  const continuous = isContinuous ? startContinuousHypothesis(run, input.schedule) : undefined
  let isDone: boolean
  try {
    isDone = await runMethod(run)
  } finally {
    await continuous?.stop()
  }
  const status = run.journal.get('status')
  if (!isDone || status === 'interrupted' || status === 'aborted') return
  if (['default', 'continuously', 'after-method-only'].includes(strategy)) await checkAfter(run)
}

function hasProbes(experiment: PyDict): boolean {
  const hypothesis = experiment.get('steady-state-hypothesis')
  const probes = isDict(hypothesis) ? hypothesis.get('probes') : undefined
  return isList(probes) && probes.length > 0
}

async function passesGate(run: RunContext): Promise<boolean> {
  run.log.debug('Running steady-state hypothesis before the method')
  await run.controls.event({ name: 'start_hypothesis_before', values: [run.experiment] })
  const state = await checkPhase(run, 'before')
  return state === undefined || state.get('steady_state_met') === true
}

async function checkAfter(run: RunContext): Promise<void> {
  run.log.debug('Running steady-state hypothesis after the method')
  await run.controls.event({ name: 'start_hypothesis_after', values: [run.experiment] })
  await checkPhase(run, 'after')
}

async function decideAndRollBack(run: RunContext, input: RunInput, endedBy: EndedBy): Promise<void> {
  const strategy = input.rollbackStrategy
  const started = run.journal.get('run')
  const decision = decideRollbacks({
    strategy,
    journal: run.journal,
    hasStarted: isList(started) && started.length > 0,
    endedBy,
    compatibility: run.compatibility,
  })
  if (decision.isLoud) run.log.warning(decision.why)
  const willPlay = decision.play !== 'none'
  run.root.note({ kind: 'rollbacks-decided', strategy, willPlay, why: decision.why })
  if (run.compatibility === 'safe') {
    run.journal.set(
      'rollback_decision',
      dict({ strategy, played: decision.play !== 'none' ? decision.play : false, why: decision.why }),
    )
  }
  if (decision.play === 'none') return
  if (decision.play === 'safety' && dictsIn(run.experiment.get('rollbacks')).length === 0) return
  await playRollbacks(run, strategy, decision.play)
}

/** A signal that came when nothing was left to stop still shows in the status. */
function noteLateRequest(run: RunContext): void {
  const request = run.desk.requested()
  if (request === undefined || run.journal.get('status') === 'interrupted') return
  run.log.warning(`${request.source} came while the run was ending`)
  run.journal.set('status', 'interrupted')
}

function tellEnd(run: RunContext): void {
  const hasDeviated = run.journal.get('deviated') === true
  run.log.info(
    `Experiment ended with status: ${hasDeviated ? 'deviated' : pythonText(run.journal.get('status') ?? null)}`,
  )
  if (hasDeviated) run.log.info('The steady-state has deviated, a weakness may have been discovered')
}

function applyExperimentHooks(run: RunContext, moment: 'before' | 'after', state: PyValue): Promise<void> {
  return run.controls.apply({
    level: 'experiment',
    moment,
    context: run.experiment,
    state,
    document: documentOf(run, 'foreground'),
    signal: run.desk.foreground(),
  })
}

async function closeControls(run: RunContext): Promise<void> {
  try {
    await applyExperimentHooks(run, 'after', run.journal)
  } catch (error) {
    if (!(error instanceof RunStop)) throw error
    run.log.debug(`Failed to close controls: ${error.message}`)
    const { reason } = error
    // The reference ends there and then, without a journal; what it tells the shell stays.
    if (reason.kind === 'exited' && reason.request === undefined && reason.code !== '0') {
      run.troubles.push(`a control exited at the end of the run: ${reason.code}`)
    }
  }
  for (const raised of await run.controls.cleanup(run.experiment)) {
    run.log.critical(raised)
    run.troubles.push(raised)
  }
}
