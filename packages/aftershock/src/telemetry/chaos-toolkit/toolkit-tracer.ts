import type {
  OpenStep,
  Carrier as PortCarrier,
  RunObserver,
  Step,
  StepEnd,
  StepNote,
} from '../../engine/chaos-toolkit/ports.ts'
import { isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { environmentOf } from '../../formats/propagation/propagation.ts'
import type { SpanInput } from '../../model/span-input.ts'
import { type OpenSpan, type RunTrace, type SpanEnd, type SpanError, startRunTrace } from '../run-trace.ts'
import { kindOfActivity } from './activity-facts.ts'
import { boundedJson, type JsonBounds, secretTexts } from './bounded-json.ts'
import { olderEndTags, olderTags } from './older-tags.ts'
import { activityEnd, experimentEnd, hypothesisEnd, spanError, toleranceAttributes } from './step-ends.ts'
import { attributesOfStep, nameOfStep } from './step-starts.ts'
import { type ToolkitOutlet, toolkitOutlet } from './toolkit-outlet.ts'
import type { ToolkitTracerOptions } from './tracer-options.ts'

/** Follows the run of one Chaos Toolkit experiment and makes its trace. */
export type ToolkitTracer = {
  readonly observer: RunObserver
  /** A span that something else made below one of ours, for example a Python extension. */
  readonly add: (span: ForeignSpan) => void
  /** Ends what is still open and sends what is left, within half a second. On every way out of a run. */
  readonly finish: () => Promise<void>
}

export type ForeignSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly startSeconds: number
  readonly endSeconds: number
  readonly attributes: Readonly<Record<string, string>>
}

const outputMax = 4_096

/** Costs nothing until the experiment starts, and never throws or waits while it runs. */
export function toolkitTracer(options: ToolkitTracerOptions): ToolkitTracer {
  let tracing: Tracing | undefined
  return {
    observer: {
      start: (step, parent) => {
        if (step.kind === 'experiment' && tracing === undefined) {
          tracing = new Tracing(step, options)
          return tracing.root
        }
        return tracing?.start(step, parent) ?? untraced
      },
    },
    add: (span) => tracing?.add(span),
    finish: async () => tracing?.finish(),
  }
}

const untraced: OpenStep = { carrier: { headers: {}, env: {} }, note: () => undefined, end: () => undefined }

type ExperimentStep = Extract<Step, { kind: 'experiment' }>

class Tracing {
  readonly root: OpenStep
  readonly #trace: RunTrace
  readonly #outlet: ToolkitOutlet
  readonly #bounds: JsonBounds
  readonly #options: ToolkitTracerOptions
  readonly #spans = new WeakMap<OpenStep, OpenSpan>()

  constructor(step: ExperimentStep, options: ToolkitTracerOptions) {
    this.#options = options
    this.#bounds = { charactersMax: outputMax, secrets: secretTexts(step.document.secrets) }
    this.#outlet = toolkitOutlet(step, options)
    this.#trace = startRunTrace(options.nowNs, options.random, {
      attributes: {
        ...attributesOfStep(step, this.#bounds),
        ...this.#tagsOf(step),
        ...this.#outlet.incoming.baggage,
      },
      parent: this.#outlet.incoming.context,
      onEnd: (span) => this.#tell(span),
    })
    const { root, traceId } = this.#trace
    root.set(this.#outlet.begin(traceId, String(step.experiment.get('title') ?? '')))
    this.root = this.#opened(step, root)
    // At once: whoever ends the run after it was killed goes on with its trace.
    if (step.document.journal !== undefined) this.#writeIdsInto(step.document.journal, root)
  }

  start(step: Step, parent: OpenStep | undefined): OpenStep {
    const above = (parent === undefined ? undefined : this.#spans.get(parent)) ?? this.#trace.root
    if (step.kind === 'pause') return this.#pause(step, above, parent)
    const span = this.#trace.start(nameOfStep(step), {
      parent: above,
      kind: step.kind === 'activity' ? kindOfActivity(step.activity) : 1,
      attributes: this.#isHeard() ? { ...attributesOfStep(step, this.#bounds), ...this.#tagsOf(step) } : {},
    })
    return this.#opened(step, span)
  }

  add({ startSeconds, endSeconds, ...span }: ForeignSpan): void {
    const ns = (seconds: number): bigint => BigInt(Math.round(seconds * 1e6)) * 1_000n
    this.#tell({ ...span, kind: 1, startNs: ns(startSeconds), endNs: ns(endSeconds) })
  }

  async finish(): Promise<void> {
    // Whatever a run did not end, its end has ended; the journal has its status, the span has not.
    this.#trace.end({ error: { type: 'Interrupted', message: 'the run ended without an end of its own' } })
    await this.#outlet.close()
  }

  /** Of spans that nobody gets only the ids matter: they are in the journal and go out with calls. */
  #isHeard(): boolean {
    return this.#options.onSpan !== undefined || this.#outlet.isHeard()
  }

  #tell(span: SpanInput): void {
    this.#outlet.add(span)
    this.#options.onSpan?.(span)
  }

  #tagsOf(step: Step) {
    return this.#outlet.isOlderControl ? olderTags(step) : {}
  }

  /** Not a span: the extension has none, and a pause is nobody's work. */
  #pause(step: Extract<Step, { kind: 'pause' }>, above: OpenSpan, parent: OpenStep | undefined): OpenStep {
    above.event('pause', { moment: step.moment, seconds: step.seconds })
    return { carrier: parent?.carrier ?? this.root.carrier, note: () => undefined, end: () => undefined }
  }

  #opened(step: Step, span: OpenSpan): OpenStep {
    let deviation: SpanError | undefined
    const open: OpenStep = {
      carrier: this.#carrierOf(span),
      note: (note) => {
        deviation = this.#note(note, step, span) ?? deviation
      },
      end: (end) => {
        this.#writeIds(end, span)
        if (!this.#isHeard()) {
          span.end()
          return
        }
        const ended = this.#endOf(step, end, deviation)
        const tags = this.#outlet.isOlderControl ? olderEndTags(step, end) : {}
        span.end({ ...ended, attributes: { ...ended.attributes, ...tags } })
      },
    }
    this.#spans.set(open, span)
    return open
  }

  #carrierOf(span: OpenSpan): PortCarrier {
    const headers = this.#outlet.headersFor(this.#trace.traceId, span.spanId)
    return { headers, env: environmentOf(headers) }
  }

  /** @returns what makes the activity an error */
  #note(note: StepNote, step: Step, span: OpenSpan): SpanError | undefined {
    if (note.kind === 'exit-requested') {
      span.event('exit-requested', { kind: note.request.kind, source: note.request.source })
      return undefined
    }
    if (note.kind === 'rollbacks-decided') {
      span.set({
        'chaostoolkit.rollbacks.strategy': note.strategy,
        'chaostoolkit.rollbacks.played': note.willPlay,
      })
      span.event('rollbacks-decided', { why: note.why, played: note.willPlay })
      return undefined
    }
    span.set(toleranceAttributes(note, this.#bounds))
    if (note.isMet === true) return undefined
    const expected = boundedJson(note.tolerance, this.#bounds)
    const computed = boundedJson(note.computed, this.#bounds)
    const probe = step.kind === 'activity' ? String(step.activity.get('name') ?? '') : ''
    span.event('deviation', { probe, expected, computed })
    return {
      type: note.isMet === undefined ? 'ToleranceRaised' : 'Deviated',
      message: `not within its tolerance: expected ${expected}, was ${computed}`.slice(0, 1_024),
    }
  }

  #endOf(step: Step, end: StepEnd, deviation: SpanError | undefined): SpanEnd {
    if (end.kind === 'experiment') return experimentEnd(end)
    if (end.kind === 'hypothesis') return hypothesisEnd(end)
    if (end.kind === 'activity')
      return step.kind === 'activity' ? activityEnd(step.activity, end, deviation, this.#bounds) : {}
    return end.error === undefined ? {} : { error: spanError(end.error, this.#bounds) }
  }

  #writeIds(end: StepEnd, span: OpenSpan): void {
    if (end.kind === 'experiment') this.#writeIdsInto(end.journal, span)
    const isWritten = this.#options.idsGoTo !== 'nowhere'
    if (isWritten && end.kind === 'activity' && isDict(end.record)) end.record.set('span_id', span.spanId)
  }

  #writeIdsInto(journal: PyDict, span: OpenSpan): void {
    if (this.#options.idsGoTo === 'nowhere') return
    journal.set('trace_id', this.#trace.traceId)
    journal.set('span_id', span.spanId)
  }
}
