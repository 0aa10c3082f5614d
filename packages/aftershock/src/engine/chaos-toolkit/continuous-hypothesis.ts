import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { sleepFor } from './exit-desk.ts'
import { lastProbe, runHypothesis } from './hypothesis.ts'
import { isOver } from './journal.ts'
import type { OpenStep } from './ports.ts'
import type { RunContext } from './run-context.ts'
import { crashOf, RunStop, tellBug } from './stops.ts'

export type Schedule = { readonly frequencySeconds: number; readonly failsFast: boolean }

/** The hypothesis again and again while the method plays. */
export type ContinuousHypothesis = {
  /** No new round; the one under way is waited for. */
  readonly stop: () => Promise<void>
}

/** Starts it; what it finds stands in `steady_states.during`, what stops it in the status of the journal. */
export function startContinuousHypothesis(run: RunContext, schedule: Schedule): ContinuousHypothesis {
  const ending = new AbortController()
  const running = loop(run, schedule, ending.signal)
  return {
    stop: async () => {
      ending.abort()
      await running
    },
  }
}

async function loop(run: RunContext, schedule: Schedule, ending: AbortSignal): Promise<void> {
  const hypothesis = run.experiment.get('steady-state-hypothesis')
  if (!isDict(hypothesis)) return
  const step = run.observer.start({ kind: 'hypothesis', phase: 'during', hypothesis }, run.root)
  let exception: PyValue = null
  let isMet = true
  try {
    isMet = await rounds(run, schedule, ending, step)
  } catch (error) {
    if (error instanceof RunStop) exception = settle(run, error)
    else {
      run.journal.set('status', 'aborted')
      tellBug(run, error)
    }
    isMet = false
  } finally {
    step.end({ kind: 'hypothesis', isMet })
  }
  const values = [run.experiment, run.journal, exception]
  await run.controls.event({ name: 'continuous_hypothesis_completed', values })
  run.log.info('Continuous steady state hypothesis terminated')
}

/** @returns the text of what was raised */
function settle(run: RunContext, { reason }: RunStop): string | null {
  // A signal is told by the method, which it stops as well.
  if (reason.kind !== 'crashed' && reason.request !== undefined) return null
  if (reason.kind === 'crashed') {
    run.journal.set('status', 'aborted')
    run.log.critical(reason.error.message)
    return reason.error.message
  }
  if (reason.kind === 'interrupted') {
    run.journal.set('status', 'interrupted')
    run.log.critical(reason.message)
    return reason.message
  }
  return reason.code
}

async function rounds(run: RunContext, schedule: Schedule, ending: AbortSignal, parent: OpenStep) {
  const { frequencySeconds } = schedule
  await run.controls.event({ name: 'start_continuous_hypothesis', values: [frequencySeconds] })
  run.log.info(
    `Executing the steady-state hypothesis continuously every ${pythonText(frequencySeconds)} seconds`,
  )
  let missed = 0
  for (let iteration = 1; !ending.aborted && !isOver(run.journal); iteration++) {
    const signal = run.desk.foreground()
    const round = await runHypothesis(run, { phase: 'during', iteration, parent, signal })
    if (round?.raised !== undefined) throw crashOf(round.raised)
    if (round !== undefined) {
      const during = duringStates(run.journal)
      during.push(round.state)
      const values = [BigInt(iteration), round.state]
      await run.controls.event({ name: 'continuous_hypothesis_iteration', values })
      if (round.state.get('steady_state_met') !== true) {
        missed += 1
        run.log.warning(
          `Continuous steady state probe '${lastProbe(round.state)}' is not in the given tolerance`,
        )
        if (schedule.failsFast) {
          const percent = ((missed * 100) / iteration).toFixed(1)
          run.log.info(`Terminating immediately the experiment after ${percent}% hypothesis deviated`)
          run.journal.set('status', 'failed')
          break
        }
      }
    }
    await sleepFor(frequencySeconds, AbortSignal.any([ending, signal]))
    run.desk.check()
  }
  return missed === 0
}

function duringStates(journal: PyDict): PyValue[] {
  const states = journal.get('steady_states')
  const during = isDict(states) ? states.get('during') : undefined
  return isList(during) ? during : []
}
