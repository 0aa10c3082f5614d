import type { Step } from '../../engine/chaos-toolkit/ports.ts'
import { carrierOf, extractContext, injectContext } from '../../formats/propagation/propagation.ts'
import { errorText } from '../../model/error-text.ts'
import type { SpanInput } from '../../model/span-input.ts'
import type { ContextHeaders, Propagated } from '../../model/trace-context.ts'
import { type ExportTarget, exportSettings, ownResource } from '../export-settings.ts'
import { propagatorsOf } from '../propagators-of.ts'
import type { Attributes } from '../run-trace.ts'
import { samplerOf } from '../sampler.ts'
import type { SpanExporter } from '../span-exporter.ts'
import type { ToolkitTracerOptions } from './tracer-options.ts'
import { type TracingRequest, tracingRequest } from './tracing-request.ts'

/** Where the trace of an experiment comes from and goes to: environment, declared control, collector, headers. */
export type ToolkitOutlet = {
  readonly incoming: Propagated
  /** Whether `chaostracing.control` is declared: its tags are wanted. */
  readonly isOlderControl: boolean
  /** Decides about the export, now that the trace id is known. @returns attributes for the root */
  begin(traceId: string, title: string): Attributes
  /** Whether spans go anywhere; known once it has begun. */
  isHeard(): boolean
  /** Context for what an activity starts. */
  headersFor(traceId: string, spanId: string): ContextHeaders
  add(span: SpanInput): void
  close(): Promise<void>
}

/** Most experiments are short; one that is not has found out before its end who is there. */
const patienceMs = 500
const serviceName = 'chaostoolkit'

export function toolkitOutlet(
  { experiment, document }: Extract<Step, { kind: 'experiment' }>,
  options: ToolkitTracerOptions,
): ToolkitOutlet {
  const { env, warn } = options
  const request = tracingRequest(experiment, options.globalControls?.() ?? [], document.configuration)
  const usual = propagatorsOf(env)
  // A variable is set by whoever runs the experiment, the control by whoever wrote it.
  const isSet = (env.OTEL_PROPAGATORS ?? '') !== ''
  const names = (isSet ? undefined : request?.propagators) ?? usual.names
  const incoming = extractContext([...new Set([...usual.names, ...names])], carrierOf(env))
  const asked = exportSettings(env, request?.asked)
  for (const one of usual.warnings) warn(`${one.what}: ${one.why}`)
  for (const one of asked.warnings) warn(`${one.what}: ${one.why}`)
  for (const note of request?.notes ?? []) warn(note)
  const sending = new Sending(
    asked.target,
    request === undefined ? 'aftershock' : 'chaostracing.oltp',
    options,
  )
  let isSampled = true
  let baggage = incoming.baggage
  return {
    incoming,
    isOlderControl: request?.control === 'control',
    begin: (traceId, title) => {
      const id = options.runId ?? traceId
      isSampled = samplerOf(env)(traceId, incoming.context)
      baggage = { ...baggage, 'chaos.experiment.id': id, 'chaos.experiment.name': title }
      if (isSampled) sending.start()
      return { 'chaos.experiment.id': id, 'chaos.experiment.name': title }
    },
    headersFor: (traceId, spanId) => {
      const traceState = incoming.context?.traceState
      const context = { traceId, spanId, isSampled, traceState }
      return renamed(injectContext(names, { context, baggage }), request)
    },
    isHeard: () => sending.isStarted,
    add: (span) => sending.add(span),
    close: () => sending.close(),
  }
}

/** The older control lets the headers of Jaeger be named otherwise. */
function renamed(headers: ContextHeaders, request: TracingRequest | undefined): ContextHeaders {
  const { traceIdHeader = 'uber-trace-id', baggagePrefix = 'uberctx-' } = request ?? {}
  if (traceIdHeader === 'uber-trace-id' && baggagePrefix === 'uberctx-') return headers
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name === 'uber-trace-id' ? traceIdHeader : name.replace(/^uberctx-/, baggagePrefix),
      value,
    ]),
  )
}

/** The exporter is loaded beside the run; spans that end before it is there wait. */
class Sending {
  readonly #target: ExportTarget | undefined
  /** The extension's own name where an experiment asked for the extension. */
  readonly #scope: string
  readonly #options: ToolkitTracerOptions
  readonly #waiting: SpanInput[] = []
  #starting: Promise<SpanExporter | undefined> | undefined
  #exporter: SpanExporter | undefined

  constructor(target: ExportTarget | undefined, scope: string, options: ToolkitTracerOptions) {
    this.#target = target
    this.#scope = scope
    this.#options = options
  }

  start(): void {
    if (this.#target === undefined) return
    this.#starting = this.#load(this.#target).catch((error: unknown) => {
      const why = errorText(error)
      this.#options.warn(`the trace of this experiment is not exported: ${why}`)
      return undefined
    })
  }

  get isStarted(): boolean {
    return this.#starting !== undefined
  }

  add(span: SpanInput): void {
    if (this.#starting === undefined) return
    if (this.#exporter === undefined) this.#waiting.push(span)
    else this.#exporter.add([span])
  }

  async close(): Promise<void> {
    const exporter = await this.#starting
    await exporter?.close(patienceMs)
  }

  async #load(target: ExportTarget): Promise<SpanExporter> {
    const { env, version, warn } = this.#options
    const { startExport } = await import('../start-export.ts')
    const scope = { name: this.#scope, version }
    const resource = ownResource(env, serviceName)
    const exporter = await startExport({ target, resource, scope, say: warn })
    exporter.add(this.#waiting.splice(0))
    this.#exporter = exporter
    return exporter
  }
}
