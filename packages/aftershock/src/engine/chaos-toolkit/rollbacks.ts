import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, isList, type PyDict, type PyList } from '../../formats/chaos-toolkit/values.ts'
import { background } from './background.ts'
import { type ActivityPlace, executeActivity, isBackground } from './execute-activity.ts'
import type { PyError } from './ports.ts'
import type { RunContext } from './run-context.ts'
import { Refused, RunStop } from './stops.ts'
import { withControls } from './with-controls.ts'

/** `planned`: by the strategy, recorded in `rollbacks`. `safety`: the reference would have left the fault; recorded apart. */
export type RollbackKind = 'planned' | 'safety'

/** Plays the rollbacks into a list of the journal; what stops them sets the status. */
export async function playRollbacks(run: RunContext, strategy: string, kind: RollbackKind): Promise<void> {
  run.desk.beginRollbacks(run.compatibility === 'strict' ? 'obey' : 'insist')
  await run.controls.event({ name: 'start_rollbacks', values: [run.experiment] })
  const list = kind === 'planned' ? 'rollbacks' : 'safety_rollbacks'
  const before = run.journal.get(list)
  // A run that died may have played some of them.
  const runs: PyList = isList(before) ? before : []
  run.journal.set(list, runs)
  const step = run.observer.start({ kind: 'rollbacks', strategy }, run.root)
  let failure: PyError | undefined
  try {
    run.log.info("Let's rollback...")
    const lane = { lane: 'foreground' as const, signal: run.desk.foreground() }
    await withControls(run, 'rollback', run.experiment, lane, async (setState) => {
      setState(runs)
      failure = await playAll(run, { section: 'rollbacks', runs, place: list, parent: step }, kind)
    })
  } catch (error) {
    if (!(error instanceof RunStop)) throw error
    failure = settle(run, error, kind)
  } finally {
    step.end({ kind: 'rollbacks', error: failure })
    await run.controls.event({ name: 'rollbacks_completed', values: [run.experiment, run.journal] })
  }
}

/** One rollback that cannot be run is no reason to leave the others out. @returns the first crash */
async function playAll(run: RunContext, place: Place, kind: RollbackKind): Promise<PyError | undefined> {
  const { desk } = run
  let failure: PyError | undefined
  // The reference does not wait for how these end either, so they do not change the status; but they are told.
  const later = background(run, { ...place, signal: desk.background() }, ({ message }) =>
    run.log.critical(`a background rollback could not be run: ${message}`),
  )
  try {
    const rollbacks = run.experiment.get('rollbacks')
    if (!isList(rollbacks) || rollbacks.length === 0) run.log.info("No declared rollbacks, let's move on.")
    const played = place.runs.map((record) => isDict(record) && record.has('end'))
    for (let at = 0; isList(rollbacks) && at < rollbacks.length; at++) {
      const activity = rollbacks[at]
      if (!isDict(activity) || played[at] === true) continue
      run.log.info(`Rollback: ${pythonText(activity.get('name') ?? null)}`)
      if (isBackground(activity)) later.start(activity)
      else failure = (await playOne(run, activity, place, kind)) ?? failure
      desk.check()
    }
  } finally {
    run.log.debug('Waiting for background rollbacks to complete...')
    await later.settled()
  }
  return failure
}

type Place = Pick<ActivityPlace, 'runs' | 'place' | 'parent'> & { readonly section: 'rollbacks' }

async function playOne(run: RunContext, activity: PyDict, place: Place, kind: RollbackKind) {
  try {
    await executeActivity(run, activity, { ...place, lane: 'foreground', signal: run.desk.foreground() })
    return undefined
  } catch (error) {
    if (!(error instanceof RunStop)) throw error
    const { reason } = error
    const goesOn = reason.kind === 'crashed' ? run.compatibility === 'safe' : kind === 'safety'
    if (!goesOn || (reason.kind !== 'crashed' && reason.request !== undefined)) throw error
    return settle(run, error, kind)
  }
}

function settle(run: RunContext, { reason }: RunStop, kind: RollbackKind): PyError | undefined {
  if (reason.kind === 'crashed') {
    const trouble = `a rollback could not be run: ${reason.error.type}: ${reason.error.message}`
    run.log.critical(trouble)
    run.troubles.push(trouble)
    // The reference dies here: the other rollbacks are left out, and there is no journal.
    if (run.compatibility === 'strict') throw new Refused(trouble)
    if (kind === 'planned') run.journal.set('status', 'aborted')
    return reason.error
  }
  run.journal.set('status', 'interrupted')
  if (reason.kind === 'interrupted') run.log.critical(reason.message)
  else {
    run.log.warning('Received an exit signal. Terminating now without running the remaining rollbacks.')
  }
  return undefined
}
