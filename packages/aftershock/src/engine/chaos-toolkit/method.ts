import { isDict, isList, type PyList } from '../../formats/chaos-toolkit/values.ts'
import { background } from './background.ts'
import { executeActivity, isBackground } from './execute-activity.ts'
import { isOver } from './journal.ts'
import type { OpenStep, PyError } from './ports.ts'
import type { RunContext } from './run-context.ts'
import { RunStop } from './stops.ts'
import { withControls } from './with-controls.ts'

/**
 * Plays the method and waits for its background work.
 * @returns whether the hypothesis may be checked after it
 * @throws RunStop when it was interrupted; what nobody expected sets the status to `aborted` instead
 */
export async function runMethod(run: RunContext): Promise<boolean> {
  run.log.info("Playing your experiment's method now...")
  await run.controls.event({ name: 'start_method', values: [run.experiment] })
  const runs: PyList = []
  run.journal.set('run', runs)
  const step = run.observer.start({ kind: 'method' }, run.root)
  let failure: PyError | undefined
  try {
    const lane = { lane: 'foreground' as const, signal: run.desk.foreground() }
    await withControls(run, 'method', run.experiment, lane, async (setState) => {
      setState(runs)
      await playMethod(run, runs, step)
    })
    await run.controls.event({ name: 'method_completed', values: [run.experiment, runs] })
    return true
  } catch (error) {
    if (!(error instanceof RunStop)) throw error
    if (error.reason.kind === 'crashed') {
      failure = error.reason.error
      run.journal.set('status', 'aborted')
      run.log.critical('Experiment ran into an un expected fatal error, aborting now.')
      run.log.error(`${failure.type}: ${failure.message}`)
    }
    if (error.reason.kind !== 'exited') {
      await run.controls.event({ name: 'method_completed', values: [run.experiment, null] })
    }
    if (error.reason.kind === 'crashed') return false
    throw error
  } finally {
    step.end({ kind: 'method', error: failure })
  }
}

async function playMethod(run: RunContext, runs: PyList, step: OpenStep): Promise<void> {
  const { desk } = run
  const place = { section: 'method' as const, runs, place: 'run' as const, parent: step }
  const later = background(run, { ...place, signal: desk.background() })
  try {
    const method = run.experiment.get('method')
    if (!isList(method) || method.length === 0) run.log.info("No declared activities, let's move on.")
    // By live index: controls may add activities while it is played.
    for (let at = 0; isList(method) && at < method.length; at++) {
      desk.check()
      const activity = method[at]
      if (!isDict(activity)) continue
      if (isBackground(activity)) later.start(activity)
      else await executeActivity(run, activity, { ...place, lane: 'foreground', signal: desk.foreground() })
      if (isOver(run.journal)) break
    }
    desk.check()
  } finally {
    run.log.debug('Waiting for background activities to complete')
    await later.settled()
  }
}
