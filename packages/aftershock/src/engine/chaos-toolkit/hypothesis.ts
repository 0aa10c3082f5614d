import { LINE_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { withinTolerance } from '../../formats/chaos-toolkit/tolerance.ts'
import {
  isDict,
  type PyDict,
  type PyKey,
  type PyList,
  type PyValue,
} from '../../formats/chaos-toolkit/values.ts'
import { activityName, callProvider } from './call-provider.ts'
import { dictsIn } from './control-order.ts'
import { executeActivity } from './execute-activity.ts'
import type { OpenStep, PyError } from './ports.ts'
import type { RunContext } from './run-context.ts'
import { pyErrorOf, RunStop } from './stops.ts'
import { withControls } from './with-controls.ts'

export type HypothesisRound = {
  readonly phase: 'before' | 'during' | 'after'
  readonly iteration?: number | undefined
  readonly parent: OpenStep
  readonly signal: AbortSignal
}

/** What one round found. `raised`: a tolerance or a probe that the reference crashes on; the state says "not met". */
export type HypothesisState = { readonly state: PyDict; readonly raised: PyError | undefined }

/**
 * Runs the probes until the first that is not within its tolerance.
 * @returns undefined when the experiment has no hypothesis
 * @throws RunStop when a control or a signal interrupts
 */
export async function runHypothesis(
  run: RunContext,
  round: HypothesisRound,
): Promise<HypothesisState | undefined> {
  const hypothesis = run.experiment.get('steady-state-hypothesis')
  if (!isDict(hypothesis) || hypothesis.size === 0) return undefined
  run.log.info(`Steady state hypothesis: ${pythonText(hypothesis.get('title') ?? null)}`)
  const probes: PyList = []
  const state: PyDict = new Map<PyKey, PyValue>([
    ['steady_state_met', null],
    ['probes', probes],
  ])
  const step = run.observer.start(
    { kind: 'hypothesis', phase: round.phase, iteration: round.iteration, hypothesis },
    round.parent,
  )
  const number = run.keeper.roundBegun(round.phase, state, run.journal)
  try {
    const lane = round.phase === 'during' ? 'background' : 'foreground'
    const raised = await withControls(
      run,
      'hypothesis',
      hypothesis,
      { lane, signal: round.signal },
      (set) => {
        set(state)
        return probeAll(run, hypothesis, state, probes, { ...round, number, parent: step })
      },
    )
    return { state, raised }
  } finally {
    const isMet = state.get('steady_state_met')
    run.keeper.roundEnded(number, run.journal)
    step.end({ kind: 'hypothesis', isMet: typeof isMet === 'boolean' ? isMet : undefined })
  }
}

async function probeAll(
  run: RunContext,
  hypothesis: PyDict,
  state: PyDict,
  probes: PyList,
  round: NumberedRound,
): Promise<PyError | undefined> {
  for (const probe of dictsIn(hypothesis.get('probes'))) {
    const verdict: Verdict = { isMet: true, raised: undefined }
    await probeOne(run, probe, probes, round, verdict)
    const record = probes.at(-1)
    if (!isDict(record)) break
    // After the hooks of the activity: they never see the verdict.
    record.set('tolerance_met', verdict.isMet)
    if (verdict.raised !== undefined) record.set('exception', [...verdict.raised.traceback])
    if (verdict.isMet) continue
    state.set('steady_state_met', false)
    return verdict.raised
  }
  state.set('steady_state_met', true)
  run.log.info('Steady state hypothesis is met!')
  return undefined
}

/** @throws RunStop, except for a crash of the provider: that is the verdict then */
async function probeOne(
  run: RunContext,
  probe: PyDict,
  probes: PyList,
  round: NumberedRound,
  verdict: Verdict,
): Promise<void> {
  try {
    let judged: { readonly words: string; readonly step: OpenStep } | undefined
    const record = await executeActivity(run, probe, {
      section: 'hypothesis',
      lane: round.phase === 'during' ? 'background' : 'foreground',
      runs: probes,
      place: { round: round.number },
      parent: round.parent,
      signal: round.signal,
      judge: async (made, step) => {
        await judge(run, probe, made, step, verdict, round.signal)
        const isMet = verdict.raised === undefined ? verdict.isMet : undefined
        const [tolerance, computed] = [probe.get('tolerance') ?? null, made.get('output') ?? null]
        if (isJudged(run, made)) step.note({ kind: 'tolerance', tolerance, computed, isMet })
        const played = made.get('activity')
        const isWatched = isDict(played) && run.controls.watches(run.experiment, played)
        if (isWatched) judged = { words: judgedWords(made), step }
      },
    })
    // The span of the probe has ended with what it returned; what counts is what its controls made of that.
    if (judged === undefined || judged.words === judgedWords(record)) return
    Object.assign(verdict, { isMet: true, raised: undefined })
    await judge(run, probe, record, judged.step, verdict, round.signal)
  } catch (error) {
    if (!(error instanceof RunStop) || error.reason.kind !== 'crashed') throw error
    verdict.isMet = false
    verdict.raised = error.reason.error
    if (probes.length === 0) throw error
  }
}

/** A probe that failed, or was left out, has nothing that a tolerance could be about. */
function isJudged(run: RunContext, record: PyDict): boolean {
  return record.get('status') !== 'failed' && run.dry !== 'probes' && run.dry !== 'activities'
}

function judgedWords(record: PyDict): string {
  return writeJson([record.get('status') ?? null, record.get('output') ?? null], LINE_STYLE)
}

type NumberedRound = HypothesisRound & { readonly number: number }
type Verdict = { isMet: boolean; raised: PyError | undefined }

async function judge(
  run: RunContext,
  probe: PyDict,
  record: PyDict,
  step: OpenStep,
  verdict: Verdict,
  signal: AbortSignal,
): Promise<void> {
  if (record.get('status') === 'failed') {
    verdict.isMet = false
    run.log.warning('Probe terminated unexpectedly, so its tolerance could not be validated')
    return
  }
  if (!isJudged(run, record)) return
  const tolerance = probe.get('tolerance') ?? null
  const computed = record.get('output') ?? null
  run.log.debug(`allowed tolerance is ${pythonText(tolerance)}`)
  try {
    verdict.isMet = await withinTolerance(tolerance, computed, {
      scope: run,
      probe: (own, value) => askProbe(run, own, value, step, signal),
      search: (pattern, text) => searchElsewhere(run, pattern, text),
    })
  } catch (error) {
    verdict.raised = pyErrorOf(error)
    if (verdict.raised === undefined) throw error
    verdict.isMet = false
  }
}

/** A tolerance of type probe: true when its output is true to Python, false when it failed. */
async function askProbe(
  run: RunContext,
  tolerance: PyDict,
  value: PyValue,
  parent: OpenStep,
  signal: AbortSignal,
) {
  const provider = tolerance.get('provider')
  const given = isDict(provider) ? provider.get('arguments') : undefined
  if (!isDict(given)) throw new PythonError('KeyError', "'arguments'")
  given.set('value', value)
  const step = run.observer.start(
    { kind: 'activity', activity: tolerance, isBackground: false, section: 'tolerance' },
    parent,
  )
  const outcome = await callProvider(run, tolerance, { lane: 'foreground', signal }, step)
  step.end({ kind: 'activity', record: undefined, outcome })
  if (outcome.kind === 'failed') return false
  if (outcome.kind === 'stopped') run.desk.check()
  if (outcome.kind === 'crashed' || outcome.kind === 'exited') {
    throw new PythonError(outcome.error.type, outcome.error.message)
  }
  return outcome.kind === 'returned' && pythonTruth(outcome.value)
}

async function searchElsewhere(run: RunContext, pattern: string, text: string): Promise<boolean> {
  const found = await run.search(pattern, text)
  if (typeof found === 'boolean') return found
  throw new PythonError(found.type, found.message)
}

/** The probe that ended a round, for the log. */
export function lastProbe(state: PyDict): string {
  const probes = dictsIn(state.get('probes'))
  const activity = probes.at(-1)?.get('activity')
  return isDict(activity) ? activityName(activity) : ''
}
