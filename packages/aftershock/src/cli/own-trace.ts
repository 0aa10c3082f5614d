import { carrierOf, extractContext } from '../formats/propagation/propagation.ts'
import { errorText } from '../model/error-text.ts'
import type { Problem } from '../model/problem.ts'
import { forkRandom } from '../model/random.ts'
import type { SpanInput } from '../model/span-input.ts'
import type { Address, TracesConfig } from '../model/system.ts'
import {
  type Environment,
  type ExportTarget,
  exportSettings,
  ownResource,
} from '../telemetry/export-settings.ts'
import { propagatorsOf } from '../telemetry/propagators-of.ts'
import { type RunShape, type RunTrace, type SpanEnd, startRunTrace } from '../telemetry/run-trace.ts'
import { samplerOf } from '../telemetry/sampler.ts'
import type { SpanExporter } from '../telemetry/span-exporter.ts'
import { OWN_SERVICE } from './without-own-spans.ts'

/** The run as a trace: for our own collector, and for another one when somebody asked for that. */
export type OwnTrace = {
  readonly trace: RunTrace
  /** Ends what is open and sends what is left, within about a second. @returns all spans */
  end(end?: SpanEnd): Promise<readonly SpanInput[]>
}

export type OwnTraceOptions = {
  readonly id: string
  readonly name: string
  readonly seed: number
  readonly version: string
  readonly traces: TracesConfig
  /** `run`: an experiment of somebody else's is a part of it, and has a span of that name itself. */
  readonly shape: RunShape
  readonly env: Environment
  readonly nowNs: () => bigint
  readonly warn: (text: string) => void
}

const patienceMs = 1_000

/** A TRACEPARENT in the environment makes the run a part of that trace. */
export async function startOwnTrace(options: OwnTraceOptions): Promise<OwnTrace> {
  const { env, traces, warn } = options
  const { names, warnings } = propagatorsOf(env)
  const parent = extractContext(names, carrierOf(env)).context
  const asked = exportSettings(env, traces.export)
  for (const one of [...warnings, ...asked.warnings]) warn(textOf(one))
  const { target } = asked
  let exporter: SpanExporter | undefined
  const trace = startRunTrace(options.nowNs, forkRandom(options.seed, 'run trace'), {
    name: options.shape,
    attributes: {
      'chaostoolkit.experiment.title': options.name,
      'chaos.experiment.name': options.name,
      'chaos.experiment.id': options.id,
    },
    parent,
    onEnd: (span) => exporter?.add([span]),
  })
  if (target !== undefined && !isOurs(target, traces) && samplerOf(env)(trace.traceId, parent))
    exporter = await exporterTo(target, options)
  return {
    trace,
    end: async (end) => {
      const spans = trace.end(end)
      await exporter?.close(patienceMs)
      return spans
    },
  }
}

/** Loaded only when somebody asked. */
async function exporterTo(target: ExportTarget, options: OwnTraceOptions): Promise<SpanExporter | undefined> {
  const { startExport } = await import('../telemetry/start-export.ts')
  try {
    return await startExport({
      target,
      resource: ownResource(options.env, OWN_SERVICE),
      scope: { name: 'aftershock', version: options.version },
      say: options.warn,
    })
  } catch (error) {
    options.warn(`the trace of this run is not exported: ${errorText(error)}`)
    return undefined
  }
}

/** Services are often told to send to us by the same variable: our own spans are there already. */
function isOurs(target: ExportTarget, traces: TracesConfig): boolean {
  const { hostname, port } = new URL(target.url)
  const isLocal = ['localhost', '127.0.0.1', '[::1]', '0.0.0.0'].includes(hostname)
  const has = (address: Address): boolean =>
    Number(port) === address.port && (isLocal || hostname === address.host)
  return has(traces.otlpHttp) || has(traces.otlpGrpc)
}

function textOf(problem: Problem): string {
  return `${problem.what}: ${problem.why}`
}
