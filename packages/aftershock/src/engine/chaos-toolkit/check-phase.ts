import { dict, isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { dictsIn } from './control-order.ts'
import { lastProbe, runHypothesis } from './hypothesis.ts'
import type { RunContext } from './run-context.ts'
import { crashOf } from './stops.ts'

/**
 * The hypothesis before or after the method, told to the journal: its state, the deviation, the status.
 * @returns its state; undefined when there is no hypothesis
 */
export async function checkPhase(run: RunContext, phase: 'before' | 'after'): Promise<PyDict | undefined> {
  const found = await runHypothesis(run, { phase, parent: run.root, signal: run.desk.foreground() })
  const state = found?.state
  steadyStates(run.journal).set(phase, state ?? null)
  const name = phase === 'before' ? 'hypothesis_before_completed' : 'hypothesis_after_completed'
  await run.controls.event({ name, values: [run.experiment, state ?? null, run.journal] })
  if (state === undefined || state.get('steady_state_met') === true) return state
  if (phase === 'after') run.journal.set('deviated', true)
  run.journal.set('status', statusOfMiss(state))
  run.log.critical(
    `Steady state probe '${lastProbe(state)}' is not in the given tolerance so failing this experiment`,
  )
  if (found?.raised !== undefined) {
    if (run.compatibility === 'strict') throw crashOf(found.raised)
    const trouble = `the probe '${lastProbe(state)}' could not be judged: ${found.raised.type}: ${found.raised.message}`
    run.journal.set('status', 'aborted')
    run.log.critical(trouble)
    run.troubles.push(trouble)
  }
  return state
}

/** A probe that itself failed makes the run `failed`; one that was out of tolerance does not. */
function statusOfMiss(state: PyDict): string {
  return dictsIn(state.get('probes')).some((probe) => probe.get('status') !== 'succeeded')
    ? 'failed'
    : 'completed'
}

function steadyStates(journal: PyDict): PyDict {
  const states = journal.get('steady_states')
  return isDict(states) ? states : dict({})
}
