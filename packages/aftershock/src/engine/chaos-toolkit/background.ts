import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import { type ActivityPlace, executeActivity } from './execute-activity.ts'
import type { RunContext } from './run-context.ts'
import { RunStop, tellBug } from './stops.ts'

/** Background work of one section: started in order, all awaited at its end. */
export type Background = {
  readonly start: (activity: PyDict) => void
  readonly settled: () => Promise<void>
}

/**
 * What ends a background activity, other than its own failure, is only logged: nobody waits for its result.
 * @param onStop - told of it as well, by rollbacks
 */
export function background(
  run: RunContext,
  place: Omit<ActivityPlace, 'lane'>,
  onStop: (stop: RunStop) => void = () => {},
): Background {
  const running: Promise<void>[] = []
  return {
    start: (activity) => {
      run.log.debug('activity will run in the background')
      running.push(one(run, activity, { ...place, lane: 'background' }, onStop))
    },
    settled: async () => {
      await Promise.all(running)
    },
  }
}

async function one(
  run: RunContext,
  activity: PyDict,
  place: ActivityPlace,
  onStop: (stop: RunStop) => void,
): Promise<void> {
  try {
    await executeActivity(run, activity, place)
  } catch (error) {
    if (!(error instanceof RunStop)) {
      tellBug(run, error)
      return
    }
    run.log.debug(`a background activity ended early: ${error.message}`)
    onStop(error)
  }
}
