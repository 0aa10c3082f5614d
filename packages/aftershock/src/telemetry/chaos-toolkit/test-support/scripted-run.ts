import type { ActivityOutcome, OpenStep, RunObserver, Step } from '../../../engine/chaos-toolkit/ports.ts'
import { dict, type PyDict, type PyValue } from '../../../formats/chaos-toolkit/values.ts'
import { seededRandom } from '../../../model/random.ts'
import type { SpanInput } from '../../../model/span-input.ts'
import { toolkitTracer } from '../toolkit-tracer.ts'
import type { ToolkitTracerOptions } from '../tracer-options.ts'

/** A JavaScript value as Python's: whole numbers are ints. */
export function py(value: unknown): PyValue {
  if (Array.isArray(value)) return value.map(py)
  if (typeof value === 'object' && value !== null)
    return new Map(Object.entries(value).map(([key, child]) => [key, py(child)]))
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : (value as PyValue)
}

export function pyDict(value: object): PyDict {
  return py(value) as PyDict
}

export type Script = {
  readonly experiment?: object
  readonly configuration?: object
  readonly secrets?: object
  readonly options?: Partial<ToolkitTracerOptions>
}

/** An observer as a runner would use it, and the spans it made. */
export function scripted(script: Script = {}) {
  const spans: SpanInput[] = []
  const warnings: string[] = []
  let nowNs = 0n
  const tracer = toolkitTracer({
    env: {},
    version: '1.2.3',
    nowNs: () => ++nowNs,
    random: seededRandom(1),
    warn: (text) => warnings.push(text),
    idsGoTo: 'journal',
    onSpan: (span) => spans.push(span),
    ...script.options,
  })
  const experiment = pyDict({ title: 'slow payment', ...script.experiment })
  const root = tracer.observer.start(
    {
      kind: 'experiment',
      experiment,
      document: {
        experiment,
        configuration: pyDict(script.configuration ?? {}),
        secrets: pyDict(script.secrets ?? {}),
        settings: undefined,
        extensions: undefined,
        journal: undefined,
      },
    },
    undefined,
  )
  return { tracer, observer: tracer.observer, root, spans, warnings }
}

export const returned = (value: unknown): ActivityOutcome => ({ kind: 'returned', value: py(value) })

export const failed = (type: string, message: string) => ({
  kind: 'failed' as const,
  error: { type, message, traceback: ['Traceback (most recent call last):\n', `${type}: ${message}\n`] },
})

/** Starts an activity; a record is given to its end. */
export function activity(
  observer: RunObserver,
  parent: OpenStep,
  declared: object,
  more: Partial<Extract<Step, { kind: 'activity' }>> = {},
) {
  const step = observer.start(
    { kind: 'activity', activity: pyDict(declared), isBackground: false, section: 'method', ...more },
    parent,
  )
  return {
    step,
    end: (outcome: ActivityOutcome): PyDict => {
      const status =
        outcome.kind === 'returned' ? 'succeeded' : outcome.kind === 'failed' ? 'failed' : undefined
      const record = dict({ status })
      step.end({ kind: 'activity', record, outcome })
      return record
    },
  }
}

export function endExperiment(root: OpenStep, journal: object = {}): PyDict {
  const written = pyDict({ status: 'completed', deviated: false, ...journal })
  root.end({ kind: 'experiment', journal: written, exit: undefined })
  return written
}

/** `name < parent` of each span, in the order in which they ended. */
export function drawn(spans: readonly SpanInput[]): readonly string[] {
  const names = new Map(spans.map((one) => [one.spanId, one.name]))
  return spans.map((one) => `${one.name} < ${names.get(one.parentSpanId ?? '') ?? 'nobody'}`)
}
