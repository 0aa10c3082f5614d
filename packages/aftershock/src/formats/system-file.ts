import { type Decoded, decoded, type Problem, undecoded } from '../model/problem.ts'
import type { PhasesConfig, SystemFile, TraceBackend, TraceExport, TracesConfig } from '../model/system.ts'
import { addressOf } from './address.ts'
import {
  choiceOf,
  type Field,
  fieldsOf,
  itemsOf,
  objectTo,
  refuse,
  rootField,
  textOf,
  textsOf,
} from './decode.ts'
import { durationMsOf } from './duration.ts'
import { parseGuard, parseHypothesis } from './hypothesis.ts'
import { inTextOrder, parseSource } from './source-text.ts'
import { httpUrl, loadOf } from './system-load.ts'
import { servicesOf } from './system-services.ts'

export const PHASE_DEFAULTS: PhasesConfig = {
  baselineMs: 30_000,
  chaosMs: undefined,
  recovery: 'auto',
  recoveryMaxMs: 120_000,
}
export const TRACE_DEFAULTS: TracesConfig = {
  otlpHttp: { host: '127.0.0.1', port: 4318 },
  otlpGrpc: { host: '127.0.0.1', port: 4317 },
}

const BACKENDS = ['jaeger', 'tempo', 'zipkin', 'clickhouse'] as const

/** Reads `aftershock.yaml` (or .json), strictly: an unknown field is a problem. */
export function readSystemFile(text: string, file: string): Decoded<SystemFile> {
  const what = `Cannot read ${file}`
  const source = parseSource({ file, text })
  if (!source.ok) return source
  const [document, second] = source.value
  if (document === undefined || second !== undefined) {
    const why = `it must hold one document: it ${document === undefined ? 'is empty' : 'holds several'}`
    const fix = 'Write system: { services: … }, or make one with aftershock init'
    return undecoded({ code: 'documents', what, where: second?.where([]) ?? { file }, why, fix })
  }
  const root = rootField(document, what)
  const known = ['$schema', 'system', 'load', 'traces', 'phases', 'guards', 'hypotheses'] as const
  const fields = fieldsOf(root, known)
  if (fields === undefined) return undecoded(...inTextOrder(root.log.problems))
  const system = fields.system === undefined ? undefined : fieldsOf(fields.system, ['services'])
  const folder = file.replace(/[^/\\]*$/, '')
  const value: SystemFile = {
    file,
    services: servicesOf(system?.services, folder === '' ? '' : folder.replace(/(.)[/\\]$/, '$1')),
    load: loadOf(fields.load),
    traces: tracesOf(fields.traces),
    phases: phasesOf(fields.phases),
    guards: textsIn(fields.guards, parseGuard),
    hypotheses: textsIn(fields.hypotheses, parseHypothesis),
  }
  if (root.log.problems.length > 0) return undecoded(...inTextOrder(root.log.problems))
  return decoded(value, doubtsAbout(value, root))
}

function tracesOf(field: Field | undefined): TracesConfig {
  const fields = field === undefined ? undefined : fieldsOf(field, ['otlp', 'export', ...BACKENDS])
  if (field === undefined || fields === undefined) return TRACE_DEFAULTS
  const otlp = fields.otlp === undefined ? undefined : fieldsOf(fields.otlp, ['http', 'grpc'])
  const backends = BACKENDS.filter((kind) => fields[kind] !== undefined)
  if (backends.length > 1) {
    objectTo(
      field,
      'several-backends',
      `traces must come from one backend: there are ${backends.join(' and ')}`,
    )
  }
  return {
    otlpHttp: addressOf(otlp?.http, 0) ?? TRACE_DEFAULTS.otlpHttp,
    otlpGrpc: addressOf(otlp?.grpc, 0) ?? TRACE_DEFAULTS.otlpGrpc,
    backend: backends.length === 0 ? undefined : backendOf(backends[0], fields[backends[0]]),
    export: exportOf(fields.export),
  }
}

/** A URL, or a mapping with more to say. */
function exportOf(field: Field | undefined): TraceExport | undefined {
  if (field === undefined) return undefined
  if (typeof field.value === 'string') return exportFrom({ endpoint: field }, field)
  const fields = fieldsOf(field, ['endpoint', 'protocol', 'headers'])
  return fields === undefined ? undefined : exportFrom(fields, field)
}

function exportFrom(
  fields: Partial<Readonly<Record<'endpoint' | 'protocol' | 'headers', Field | undefined>>>,
  field: Field,
): TraceExport | undefined {
  const text = textOf(fields.endpoint ?? { ...field, value: undefined, path: [...field.path, 'endpoint'] })
  if (text === undefined) return undefined
  const endpoint = httpUrl(text)
  const fix = 'Write export: http://collector:4318'
  if (endpoint === undefined) return refuse(field, 'url', 'must be an http:// or https:// URL', fix)
  return {
    endpoint,
    protocol: choiceOf(fields.protocol, ['http/protobuf', 'http/json', 'grpc']),
    headers: fields.headers === undefined ? undefined : textsOf(fields.headers),
  }
}

function backendOf(kind: TraceBackend['kind'], field: Field | undefined): TraceBackend | undefined {
  const text = textOf(field)
  if (text === undefined || field === undefined) return undefined
  const url = httpUrl(text)
  return url === undefined
    ? refuse(field, 'url', 'must be an http:// or https:// URL', 'Write http://127.0.0.1:16686')
    : { kind, url }
}

function phasesOf(field: Field | undefined): PhasesConfig {
  const known = ['baseline', 'chaos', 'recovery', 'recoveryMax'] as const
  const fields = field === undefined ? undefined : fieldsOf(field, known)
  if (fields === undefined) return PHASE_DEFAULTS
  const recovery = fields.recovery?.value === 'auto' ? 'auto' : durationMsOf(fields.recovery)
  return {
    baselineMs: durationMsOf(fields.baseline) ?? PHASE_DEFAULTS.baselineMs,
    chaosMs: durationMsOf(fields.chaos),
    recovery: recovery ?? PHASE_DEFAULTS.recovery,
    recoveryMaxMs: durationMsOf(fields.recoveryMax) ?? PHASE_DEFAULTS.recoveryMaxMs,
  }
}

/** Guards and hypotheses stay as text; what cannot be parsed is a problem at its own line. */
function textsIn(
  field: Field | undefined,
  parse: (text: string, where: Problem['where']) => Decoded<unknown>,
): readonly string[] {
  if (field === undefined) return []
  return itemsOf(field).flatMap((item) => {
    const text = textOf(item)
    if (text === undefined) return []
    const parsed = parse(text, item.document.where(item.path))
    if (!parsed.ok) item.log.problems.push(...parsed.problems)
    return [text]
  })
}

function doubtsAbout(system: SystemFile, root: Field): readonly Problem[] {
  return system.services
    .filter((service) => service.command === undefined && service.listen === undefined)
    .map((service) => ({
      code: 'out-of-reach',
      what: `Cannot do anything to ${service.name}`,
      where: root.document.where(['system', 'services', service.name], 'key'),
      why: 'a service needs command (we start it) or listen and upstream (our proxy stands before it): it has neither',
      fix: 'Add command, or listen and upstream',
      level: 'warning',
    }))
}
