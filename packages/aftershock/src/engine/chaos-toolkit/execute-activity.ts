import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { substitute } from '../../formats/chaos-toolkit/substitute.ts'
import {
  isDict,
  isObject,
  type PyDict,
  type PyKey,
  type PyList,
  type PyValue,
} from '../../formats/chaos-toolkit/values.ts'
import { activityName, callProvider } from './call-provider.ts'
import { sleepFor } from './exit-desk.ts'
import type { RecordPlace } from './journal-keeper.ts'
import type { ActivityOutcome, OpenStep, Step } from './ports.ts'
import type { RunContext } from './run-context.ts'
import { crashOf, pyError, RunStop, stopOfRequest } from './stops.ts'
import { isoText, type Moment, momentNow, secondsBetween } from './times.ts'
import { withControls } from './with-controls.ts'

/** Where an activity runs. */
export type ActivityPlace = {
  readonly section: Extract<Step, { kind: 'activity' }>['section']
  readonly lane: 'foreground' | 'background'
  /** The journal's list that gets the record when the activity starts. */
  readonly runs: PyList
  /** Where that list stands. */
  readonly place: RecordPlace
  readonly parent: OpenStep
  readonly signal: AbortSignal
  /** Called before the span of the activity ends: the hypothesis judges the output there. */
  readonly judge?: ((record: PyDict, step: OpenStep) => Promise<void>) | undefined
}

/**
 * Runs one activity with its controls, pauses and record.
 * @returns the record, as it stands in the journal
 * @throws RunStop when the run cannot go on
 */
export async function executeActivity(
  run: RunContext,
  declared: PyDict,
  place: ActivityPlace,
): Promise<PyDict> {
  const activity = resolved(run, declared)
  return withControls(run, 'activity', activity, place, async (setState) => {
    const record = await paced(run, activity, place)
    setState(record)
    return record
  })
}

function resolved(run: RunContext, declared: PyDict): PyDict {
  const reference = declared.get('ref') ?? null
  if (!pythonTruth(reference)) return declared
  const target = run.named.get(pythonText(reference))
  if (target !== undefined) return target
  throw crashOf(
    pyError(
      'chaoslib.exceptions.ActivityFailed',
      `could not find referenced activity '${pythonText(reference)}'`,
    ),
  )
}

async function paced(run: RunContext, activity: PyDict, place: ActivityPlace): Promise<PyDict> {
  const declaredPauses = activity.get('pauses')
  const pauses = isDict(declaredPauses) ? substitute(declaredPauses, run) : new Map<PyKey, PyValue>()
  const dry = dryOf(run, activity)
  const isDry = isSkipped(dry, activity)
  const isPaused = dry !== 'pause' && !isDry
  const pause = async (moment: 'before' | 'after') => {
    const seconds = (isDict(pauses) ? pauses.get(moment) : undefined) ?? null
    if (!pythonTruth(seconds)) return
    const words = moment === 'before' ? 'before next activity' : 'after activity'
    run.log.info(`Pausing ${words} for ${pythonText(seconds)}s...`)
    if (isPaused) await pauseFor(run, seconds, moment, place)
  }
  await pause('before')
  run.log.info(
    `${titled(activity.get('type'))}: ${activityName(activity)}${isBackground(activity) ? ' [in background]' : ''}`,
  )
  const { record, outcome } = await recorded(run, activity, isDry, place)
  // As in the reference, the pause belongs to every ending but those that end the process.
  if (outcome.kind !== 'stopped') await pause('after')
  stopAfter(run, activity, outcome)
  return record
}

async function pauseFor(
  run: RunContext,
  seconds: PyValue,
  moment: 'before' | 'after',
  place: ActivityPlace,
): Promise<void> {
  if (typeof seconds !== 'bigint' && typeof seconds !== 'number' && typeof seconds !== 'boolean') {
    throw crashOf(pyError('TypeError', `a pause must be a number of seconds: it is ${pythonText(seconds)}`))
  }
  if (Number(seconds) < 0) throw crashOf(pyError('ValueError', 'sleep length must be non-negative'))
  const step = run.observer.start({ kind: 'pause', moment, seconds: Number(seconds) }, place.parent)
  const isWhole = await sleepFor(Number(seconds), place.signal)
  step.end({ kind: 'pause', error: undefined })
  if (!isWhole) stopNow(run)
}

function stopNow(run: RunContext): never {
  run.desk.check()
  throw stopOfRequest(run.desk.requested() ?? { kind: 'interrupt', source: 'the end of the run' })
}

async function recorded(run: RunContext, activity: PyDict, isDry: boolean, place: ActivityPlace) {
  const start = momentNow()
  const record: PyDict = new Map<PyKey, PyValue>([
    ['activity', new Map(activity)],
    ['output', null],
    ['start', isoText(start)],
  ])
  place.runs.push(record)
  const name = activityName(activity)
  const step = run.observer.start(
    { kind: 'activity', activity, isBackground: place.lane === 'background', section: place.section },
    place.parent,
  )
  const begun = run.keeper.begun({ place: place.place, name, record }, run.journal)
  await run.controls.event({ name: 'start_activity', values: [activity] })
  const outcome = isDry
    ? dryRun(run, name)
    : await callProvider(run, activity, { ...place, env: begun.env }, step)
  settle(run, record, outcome, start)
  if (outcome.kind === 'returned' || outcome.kind === 'failed') await place.judge?.(record, step)
  step.end({ kind: 'activity', record, outcome })
  run.keeper.ended(begun, run.journal)
  await run.controls.event({ name: 'activity_completed', values: [activity, record] })
  return { record, outcome }
}

function dryRun(run: RunContext, name: string): ActivityOutcome {
  run.log.debug(`Activity ${name} is in dry mode`)
  return { kind: 'returned', value: null }
}

function settle(run: RunContext, record: PyDict, outcome: ActivityOutcome, start: Moment): void {
  if (outcome.kind === 'returned') {
    record.set('output', outcome.value)
    record.set('status', 'succeeded')
    run.log.debug(
      outcome.value === null
        ? '  => succeeded without any result value'
        : `  => succeeded with '${pythonText(outcome.value)}'`,
    )
  } else if (outcome.kind === 'failed') {
    record.set('status', 'failed')
    record.set('exception', [...outcome.error.traceback])
    run.log.error(`  => failed: ${outcome.error.message}`)
  }
  const end = momentNow()
  record.set('end', isoText(end))
  record.set('duration', secondsBetween(start, end))
}

/** Turns an outcome that ends more than the activity into the stop of the run. */
function stopAfter(run: RunContext, activity: PyDict, outcome: ActivityOutcome): void {
  if (outcome.kind === 'crashed') {
    run.log.debug(`Activity ${activityName(activity)} crashed: ${outcome.error.message}`)
    throw crashOf(outcome.error)
  }
  if (outcome.kind === 'exited') throw new RunStop({ kind: 'exited', code: outcome.error.message })
  if (outcome.kind === 'stopped') stopNow(run)
}

/** A control may set chaoslib's `Dry` on an activity; text in the file never equals it, and turns the run's off. */
function dryOf(run: RunContext, activity: PyDict): string | undefined {
  const own = activity.get('dry')
  if (own === undefined) return run.dry
  return isObject(own) && own.pythonType.endsWith('Dry') ? /'(\w+)'/.exec(own.repr)?.[1] : undefined
}

function isSkipped(dry: string | undefined, activity: PyDict): boolean {
  const type = activity.get('type')
  return (
    dry === 'activities' || (dry === 'actions' && type === 'action') || (dry === 'probes' && type === 'probe')
  )
}

function titled(type: PyValue | undefined): string {
  const text = pythonText(type ?? null)
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

export function isBackground(activity: PyDict): boolean {
  return pythonTruth(activity.get('background') ?? null)
}
