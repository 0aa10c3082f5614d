import type { ActivityOutcome, PyError, StepEnd } from '../../engine/chaos-toolkit/ports.ts'
import { isDict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { Attributes, SpanEnd, SpanError } from '../run-trace.ts'
import { outputAttributes, textAt } from './activity-facts.ts'
import { boundedJson, type JsonBounds, withoutSecrets } from './bounded-json.ts'

type EndOf<Kind extends StepEnd['kind']> = Extract<StepEnd, { kind: Kind }>

/** Status and verdict of the run; an experiment that deviated or did not complete is an error. */
export function experimentEnd({ journal, exit }: EndOf<'experiment'>): SpanEnd {
  const status = textAt(journal, 'status')
  const hasDeviated = journal.get('deviated') === true
  const platform = textAt(journal, 'platform')
  const isInterrupted = status === 'interrupted'
  const isSignal = exit !== undefined && exit.kind !== 'terminate'
  const attributes: Attributes = {
    ...(status === undefined ? {} : { 'chaostoolkit.experiment.status': status }),
    'chaostoolkit.experiment.deviated': hasDeviated,
    ...(platform === undefined ? {} : { 'chaostoolkit.platform.full': platform }),
    // The extension's two words: a signal, or InterruptExecution, which SIGTERM raises.
    ...(isSignal ? { 'chaostoolkit.experiment.exit_signal': true } : {}),
    ...(isInterrupted && !isSignal ? { 'chaostoolkit.experiment.interrupted': true } : {}),
    ...(exit === undefined ? {} : { 'chaostoolkit.experiment.exit_source': exit.source }),
  }
  if (status === 'completed' && !hasDeviated) return { attributes }
  const message = hasDeviated
    ? 'the steady state has deviated'
    : `the experiment ended as ${status ?? 'unknown'}${exit === undefined ? '' : `: ${exit.source}`}`
  return { attributes, error: { type: hasDeviated ? 'Deviated' : (status ?? 'unknown'), message } }
}

export function hypothesisEnd({ isMet }: EndOf<'hypothesis'>): SpanEnd {
  if (isMet === undefined) return {}
  const attributes = { 'chaostoolkit.hypothesis.met': isMet }
  return isMet
    ? { attributes }
    : { attributes, error: { type: 'Deviated', message: 'the steady state is not met' } }
}

/** @param deviation - what the note on its tolerance said, when it was not met */
export function activityEnd(
  activity: PyDict,
  { record, outcome }: EndOf<'activity'>,
  deviation: SpanError | undefined,
  bounds: JsonBounds,
): SpanEnd {
  const output = outcome.kind === 'returned' ? outcome.value : (record?.get('output') ?? null)
  const error = errorOf(outcome, bounds)
  return {
    attributes: {
      'chaostoolkit.activity.status': statusOf(record, outcome),
      'chaostoolkit.activity.output': boundedJson(output, bounds),
      ...outputAttributes(activity, output),
      ...('error' in outcome
        ? {
            'chaostoolkit.activity.error': outcome.error.traceback.map((line) =>
              withoutSecrets(line, bounds.secrets),
            ),
          }
        : {}),
    },
    error: error ?? deviation,
  }
}

/** The journal has no word for an activity that was cut short; the span has. */
function statusOf(record: PyDict | undefined, outcome: ActivityOutcome): string {
  const written = record === undefined ? undefined : textAt(record, 'status')
  if (written !== undefined) return written
  if (outcome.kind === 'returned') return 'succeeded'
  return outcome.kind === 'failed' ? 'failed' : outcome.kind === 'crashed' ? 'aborted' : 'interrupted'
}

function errorOf(outcome: ActivityOutcome, bounds: JsonBounds): SpanError | undefined {
  if (outcome.kind === 'stopped') return { type: 'Interrupted', message: 'the run was stopped' }
  return 'error' in outcome ? spanError(outcome.error, bounds) : undefined
}

export function spanError(error: PyError, { secrets }: JsonBounds): SpanError {
  return {
    type: error.type,
    message: withoutSecrets(error.message, secrets),
    stack: withoutSecrets(error.traceback.join(''), secrets),
  }
}

/** Probe, expected and computed, as the older control logged a deviation. */
export function toleranceAttributes(
  note: { readonly tolerance: PyValue; readonly computed: PyValue; readonly isMet: boolean | undefined },
  bounds: JsonBounds,
): Attributes {
  const { tolerance, isMet } = note
  const type = isDict(tolerance) ? textAt(tolerance, 'type') : undefined
  return {
    'chaostoolkit.tolerance': boundedJson(tolerance, bounds),
    ...(type === undefined ? {} : { 'chaostoolkit.tolerance.type': type }),
    ...(isMet === undefined ? {} : { 'chaostoolkit.tolerance.met': isMet }),
  }
}
