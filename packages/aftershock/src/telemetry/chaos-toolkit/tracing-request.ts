import { isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ExportAsked } from '../export-settings.ts'

/** What an experiment's `chaostracing.*` control asks for: the extension's words, served by us. */
export type TracingRequest = {
  /** `oltp`: the OpenTelemetry control; `control`: the older OpenTracing one. */
  readonly control: 'oltp' | 'control'
  /** Undefined: it declares the `noop` tracer, which sends nothing. */
  readonly asked: ExportAsked | undefined
  /** Undefined: the usual ones. */
  readonly propagators: readonly string[] | undefined
  /** Another name for `uber-trace-id`. */
  readonly traceIdHeader: string | undefined
  readonly baggagePrefix: string | undefined
  /** What is done in another way than the extension would. */
  readonly notes: readonly string[]
}

/** Whether a control is one of chaostoolkit-opentracing's: ours takes its place, Python is not asked. */
export function isTracingControl(control: PyDict): boolean {
  return moduleOf(control)?.startsWith('chaostracing.') === true
}

/**
 * Finds the control wherever one may be declared. Arguments win over the configuration's `tracing_*` keys.
 *
 * @param globals - controls of the settings file and of `--control-file`
 */
export function tracingRequest(
  experiment: PyDict,
  globals: readonly PyDict[],
  configuration: PyDict,
): TracingRequest | undefined {
  const control = [...controlsIn(experiment), ...globals].find(
    (one): one is PyDict => isDict(one) && isTracingControl(one),
  )
  if (control === undefined) return undefined
  const provider = control.get('provider')
  const given = isDict(provider) ? provider.get('arguments') : undefined
  const read = reader(isDict(given) ? given : new Map(), configuration)
  return moduleOf(control) === 'chaostracing.control' ? olderRequest(read) : newerRequest(read)
}

type Read = {
  /** The argument, else the key of the configuration. */
  (argument: string, key: string): PyValue | undefined
  text(argument: string, key: string): string | undefined
}

function reader(given: PyDict, configuration: PyDict): Read {
  const read = (argument: string, key: string): PyValue | undefined =>
    given.get(argument) ?? configuration.get(key) ?? undefined
  return Object.assign(read, {
    text: (argument: string, key: string): string | undefined => {
      const value = read(argument, key)
      return value === undefined || value === '' || typeof value === 'object' ? undefined : String(value)
    },
  })
}

function newerRequest(read: Read): TracingRequest {
  const vendor = read.text('otel_vendor', 'otel_vendor')
  return {
    control: 'oltp',
    asked: { usesDefault: true },
    propagators: undefined,
    traceIdHeader: undefined,
    baggagePrefix: undefined,
    notes:
      vendor === undefined
        ? []
        : [`otel_vendor ${vendor}: the trace is sent by OTLP; a collector hands it on to ${vendor}`],
  }
}

function olderRequest(read: Read): TracingRequest {
  const provider = read.text('provider', 'tracing_provider') ?? 'noop'
  const base = {
    control: 'control',
    traceIdHeader: read.text('id_name', 'tracing_id_name'),
    baggagePrefix: undefined,
    propagators: undefined,
    notes: [],
  } as const
  if (provider === 'jaeger') return { ...base, ...jaegerRequest(read) }
  if (provider !== 'opentelemetry') return { ...base, asked: undefined }
  const isB3 = read('baggage_prefix', 'tracing_opentelemetry_baggage_prefix') !== undefined
  const propagators = isB3 ? ['b3multi', 'tracecontext', 'baggage'] : undefined
  const exporter = read.text('exporter', 'tracing_opentelemetry_exporter') ?? 'oltp-http'
  if (exporter.startsWith('jaeger')) return { ...base, ...jaegerRequest(read), propagators }
  const protocol = exporter === 'oltp-grpc' ? 'grpc' : 'http/protobuf'
  const endpoint = read.text('collector_endpoint', 'tracing_opentelemetry_collector_endpoint')
  const isInsecure = read('collector_insecure', 'tracing_opentelemetry_collector_endpoint_insecure') === true
  return {
    ...base,
    propagators,
    asked: {
      protocol,
      endpoint:
        endpoint === undefined
          ? addressOf(read, protocol === 'grpc' ? 4317 : 4318)
          : withScheme(endpoint, isInsecure || protocol !== 'grpc' ? 'http' : 'https'),
      headers: headersOf(read('collector_headers', 'tracing_opentelemetry_collector_headers')),
      usesDefault: true,
    },
  }
}

/** Jaeger's agent is gone from Jaeger itself, which takes OTLP instead. */
function jaegerRequest(
  read: Read,
): Pick<TracingRequest, 'asked' | 'propagators' | 'baggagePrefix' | 'notes'> {
  const host = read.text('host', 'tracing_host') ?? 'localhost'
  const port = Number(read.text('port', 'tracing_port') ?? 6831)
  const isOld = [5775, 6831, 6832, 14_250, 14_268].includes(port) || !(port > 0)
  const otlpPort = isOld ? 4318 : port
  const isB3 = read.text('propagation', 'tracing_propagation') === 'b3'
  return {
    asked: {
      endpoint: `http://${host}:${otlpPort}`,
      protocol: otlpPort === 4317 ? 'grpc' : 'http/protobuf',
      usesDefault: true,
    },
    propagators: [isB3 ? 'b3multi' : 'jaeger', 'tracecontext', 'baggage'],
    baggagePrefix: read.text('baggage_prefix', 'baggage_prefix'),
    notes: isOld
      ? [`Jaeger is sent OTLP at ${host}:${otlpPort}: port ${port} is one of protocols that it has dropped`]
      : [],
  }
}

function addressOf(read: Read, portDefault: number): string | undefined {
  const host = read.text('host', 'tracing_host')
  const port = read.text('port', 'tracing_port')
  return host === undefined && port === undefined
    ? undefined
    : `http://${host ?? 'localhost'}:${port ?? portDefault}`
}

function withScheme(endpoint: string, scheme: 'http' | 'https'): string {
  return /^https?:\/\//i.test(endpoint) ? endpoint : `${scheme}://${endpoint}`
}

/** `a=1,b=2`, a mapping, or a list of pairs. */
function headersOf(value: PyValue | undefined): Readonly<Record<string, string>> | undefined {
  if (typeof value === 'string')
    return Object.fromEntries(
      value
        .split(',')
        .map((pair) => [pair.split('=', 1)[0]?.trim() ?? '', pair.slice(pair.indexOf('=') + 1).trim()])
        .filter(([name]) => name !== ''),
    )
  const pairs = isDict(value) ? [...value] : isList(value) ? value.filter(isList) : undefined
  return pairs === undefined
    ? undefined
    : Object.fromEntries(pairs.map(([name, text]) => [String(name), String(text)]))
}

/** Every list under a key `controls`, at any depth. */
function* controlsIn(node: PyValue): Iterable<PyValue> {
  if (isList(node)) for (const item of node) yield* controlsIn(item)
  if (!isDict(node)) return
  for (const [key, child] of node) {
    if (key === 'controls' && isList(child)) yield* child
    else if (key !== 'configuration' && key !== 'secrets' && key !== 'provider') yield* controlsIn(child)
  }
}

function moduleOf(control: PyDict): string | undefined {
  const provider = control.get('provider')
  const module = isDict(provider) ? provider.get('module') : undefined
  return typeof module === 'string' ? module : undefined
}
