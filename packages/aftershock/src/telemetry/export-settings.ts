import { percentDecoded } from '../formats/propagation/percent.ts'
import type { Problem } from '../model/problem.ts'
import type { AttributeValue } from '../model/span-table.ts'

export type ExportProtocol = 'http/protobuf' | 'http/json' | 'grpc'

/** Where spans go, and how. */
export type ExportTarget = {
  readonly protocol: ExportProtocol
  /** HTTP: the whole URL, for example `http://collector:4318/v1/traces`; gRPC: scheme, host and port. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly compression: 'none' | 'gzip'
  /** For one request. */
  readonly timeoutMs: number
  /** PEM files, for https. */
  readonly caFile: string | undefined
  readonly certificateFile: string | undefined
  readonly keyFile: string | undefined
}

export type Environment = Readonly<Record<string, string | undefined>>

export type ExportSettings = {
  /** Undefined: nobody asked for it, or it is switched off. */
  readonly target: ExportTarget | undefined
  readonly warnings: readonly Problem[]
}

export type ExportAsked = {
  /** An endpoint from a file or a flag; the environment's wins over nothing but a default. */
  readonly endpoint?: string | undefined
  readonly protocol?: ExportProtocol | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Something asked for tracing without saying where: localhost then, as in every SDK. */
  readonly usesDefault?: boolean | undefined
}

/**
 * What `OTEL_EXPORTER_OTLP_*`, `OTEL_TRACES_EXPORTER` and `OTEL_SDK_DISABLED` say; variables with `TRACES` in
 * the name win. A value that cannot be used is a warning, never the end of a run.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function exportSettings(env: Environment, asked: ExportAsked = {}): ExportSettings {
  const warnings: Problem[] = []
  if (isTrue(env.OTEL_SDK_DISABLED)) return { target: undefined, warnings }
  const exporters = (env.OTEL_TRACES_EXPORTER ?? '').split(',').map((one) => one.trim())
  if (exporters.includes('none')) return { target: undefined, warnings }
  const strange = exporters.filter((one) => one !== '' && one !== 'otlp')
  if (strange.length > 0)
    warnings.push(doubt('OTEL_TRACES_EXPORTER', `otlp or none: current value is ${strange.join(',')}`))
  const read = (name: string): string | undefined =>
    given(env[`OTEL_EXPORTER_OTLP_TRACES_${name}`]) ?? given(env[`OTEL_EXPORTER_OTLP_${name}`])
  const endpoint = endpointOf(env, asked, exporters.includes('otlp'))
  if (endpoint === undefined) return { target: undefined, warnings }
  const protocol = protocolOf(asked.protocol ?? read('PROTOCOL'), warnings)
  const url = urlOf(endpoint, protocol, isTrue(read('INSECURE')))
  if (url === undefined) {
    warnings.push(doubt(endpoint.name, `an http:// or https:// URL: current value is ${endpoint.text}`))
    return { target: undefined, warnings }
  }
  return {
    target: {
      protocol,
      url,
      headers: { ...pairsOf(read('HEADERS')), ...asked.headers },
      compression: compressionOf(read('COMPRESSION'), warnings),
      timeoutMs: timeoutOf(read('TIMEOUT'), warnings),
      caFile: read('CERTIFICATE'),
      certificateFile: read('CLIENT_CERTIFICATE'),
      keyFile: read('CLIENT_KEY'),
    },
    warnings,
  }
}

/** `a=1,b=x%20y`, as headers and resource attributes are written in the environment. */
export function pairsOf(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? '').split(',').map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, Math.max(0, at)).trim(), percentDecoded(pair.slice(at + 1).trim())] as const
  })
  return Object.fromEntries(pairs.filter(([key]) => key !== ''))
}

/** `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`. @param serviceName - when neither says one */
export function ownResource(env: Environment, serviceName: string): Readonly<Record<string, AttributeValue>> {
  const named = given(env.OTEL_SERVICE_NAME)
  return {
    'service.name': serviceName,
    ...pairsOf(env.OTEL_RESOURCE_ATTRIBUTES),
    ...(named === undefined ? {} : { 'service.name': named }),
  }
}

type Endpoint = { readonly name: string; readonly text: string; readonly isWhole: boolean }

function endpointOf(env: Environment, asked: ExportAsked, isNamed: boolean): Endpoint | undefined {
  const traces = given(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
  const general = given(env.OTEL_EXPORTER_OTLP_ENDPOINT)
  if (asked.endpoint !== undefined) return { name: 'traces.export', text: asked.endpoint, isWhole: false }
  if (traces !== undefined) return { name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', text: traces, isWhole: true }
  if (general !== undefined) return { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', text: general, isWhole: false }
  const grpc = (asked.protocol ?? env.OTEL_EXPORTER_OTLP_PROTOCOL) === 'grpc'
  return isNamed || asked.usesDefault === true
    ? { name: 'default', text: `http://localhost:${grpc ? 4317 : 4318}`, isWhole: false }
    : undefined
}

function urlOf(endpoint: Endpoint, protocol: ExportProtocol, isInsecure: boolean): string | undefined {
  const { text } = endpoint
  const hasScheme = /^https?:\/\//i.test(text)
  if (protocol === 'grpc') {
    const whole = hasScheme ? text : `${isInsecure ? 'http' : 'https'}://${text}`
    return URL.canParse(whole) ? new URL(whole).origin : undefined
  }
  if (!hasScheme || !URL.canParse(text)) return undefined
  const url = new URL(text)
  // A whole endpoint for traces is used as it is; the general one is a base. Somebody who wrote the path meant it.
  if (!endpoint.isWhole && !/\/v1\/traces\/?$/.test(url.pathname))
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`
  return url.href
}

function protocolOf(text: string | undefined, warnings: Problem[]): ExportProtocol {
  if (text === undefined) return 'http/protobuf'
  if (text === 'http/protobuf' || text === 'http/json' || text === 'grpc') return text
  warnings.push(
    doubt('OTEL_EXPORTER_OTLP_PROTOCOL', `grpc, http/protobuf or http/json: current value is ${text}`),
  )
  return 'http/protobuf'
}

function compressionOf(text: string | undefined, warnings: Problem[]): ExportTarget['compression'] {
  if (text === 'gzip') return 'gzip'
  if (text !== undefined && text !== 'none')
    warnings.push(doubt('OTEL_EXPORTER_OTLP_COMPRESSION', `gzip or none: current value is ${text}`))
  return 'none'
}

function timeoutOf(text: string | undefined, warnings: Problem[]): number {
  const ms = Number(text ?? 10_000)
  if (Number.isFinite(ms) && ms > 0) return Math.min(ms, 600_000)
  warnings.push(doubt('OTEL_EXPORTER_OTLP_TIMEOUT', `a number of ms above 0: current value is ${text}`))
  return 10_000
}

function doubt(name: string, rest: string): Problem {
  return {
    code: 'export-setting',
    what: `Cannot use ${name}`,
    why: `it must be ${rest}`,
    level: 'warning',
  }
}

/** An empty variable counts as unset. */
function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.trim()
}

function isTrue(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === 'true'
}
