import type { Experiment, Fault } from '../../model/fault.ts'
import { type Decoded, decoded, type Problem, undecoded } from '../../model/problem.ts'
import { goDurationMs } from '../go-duration.ts'
import { isObject } from '../json-shape.ts'
import { inTextOrder, parseSource, type SourceDocument } from '../source-text.ts'
import { type Fields, filledAt, textAt, textMapAt } from './fields.ts'
import { type ChaosKind, clusterOnly } from './kind.ts'
import { API_VERSION } from './kinds.ts'
import { isChaosMesh, itemsOfDocument, modernise, scheduleManifest } from './legacy.ts'
import { createReport, problemsOf } from './report.ts'
import { embeddedOf } from './schedule.ts'
import { targetingOf } from './targeting.ts'
import { type CheckedManifest, checkManifest, nameOf } from './validate-manifest.ts'

/** What one document says: its fault, if it is one, and whether it is Chaos Mesh's at all. */
type Read = {
  readonly isChaos: boolean
  readonly faults: readonly Fault[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/**
 * Chaos Mesh manifests, several documents or a List; accepted is what a cluster accepts, and the forms of
 * Chaos Mesh 1.x besides. Other Kubernetes objects in the file are passed over with a warning.
 *
 * @param namespace - of documents that name none: a kubeconfig's context may have its own
 */
export function readChaosMesh(text: string, file: string, namespace = 'default'): Decoded<Experiment> {
  const source = parseSource({ file, text }, 'kubernetes')
  if (!source.ok) return source
  const reads = source.value.flatMap((document) =>
    itemsOfDocument(document.value).map((item) =>
      readDocument(document, item.path, withNamespace(item.value, namespace)),
    ),
  )
  const problems = reads.flatMap((read) => read.problems)
  if (problems.length > 0) return undecoded(...problems, ...slips(reads))
  if (!reads.some((read) => read.isChaos)) return undecoded(noChaos(file, source.value))
  const faults = reads.flatMap((read) => read.faults)
  const warnings = [...source.warnings, ...reads.flatMap((read) => read.warnings), ...doubles(faults)]
  const stem = file.replace(/^.*[/\\]/, '').replace(/\.(ya?ml|json)$/i, '')
  const name = faults.length === 1 ? faults[0].name : stem
  return decoded({ name, format: 'chaos-mesh', file, text, faults }, warnings)
}

function withNamespace(value: unknown, namespace: string): unknown {
  if (namespace === 'default' || !isObject(value) || !isObject(value.metadata)) return value
  return { ...value, metadata: { namespace, ...value.metadata } }
}

/** Unknown fields may be why something is missing: `latancy` for `latency`. */
function slips(reads: readonly Read[]): readonly Problem[] {
  return reads
    .filter((read) => read.problems.length > 0)
    .flatMap((read) => read.warnings.filter((warning) => warning.code === 'unknown-field'))
}

function readDocument(document: SourceDocument, path: readonly (string | number)[], value: unknown): Read {
  if (!isObject(value) || !isChaosMesh(value)) return readOther(document, path, value)
  const report = createReport([], path)
  const modern = modernise(value, report)
  // The checks write paths from the document's root; `List` items stand deeper.
  const checked = checkManifest(modern.value, report)
  const problems = inTextOrder(problemsOf(report.findings, 'error', nameOf(value), document.where))
  const fault = problems.length > 0 || checked === undefined ? undefined : faultOf(checked, modern.cron)
  if (checked !== undefined && fault === undefined && problems.length === 0) {
    report.warning(
      ['kind'],
      'no-fault',
      `${checked.kind.kind} injects nothing by itself: it is checked and passed over`,
    )
  }
  const warnings = inTextOrder(problemsOf(report.findings, 'warning', nameOf(value), document.where))
  const faults = fault === undefined ? [] : [{ ...fault, ...placesOf(document, path, value) }]
  return { isChaos: true, faults, problems, warnings }
}

function placesOf(
  document: SourceDocument,
  path: readonly (string | number)[],
  value: Readonly<Record<string, unknown>>,
): Pick<Fault, 'where' | 'selectorWhere'> {
  const spec = isObject(value.spec) ? value.spec : {}
  // In a Schedule the fault stands one level deeper, under its kind.
  const kind = Object.keys(spec).find((key) => isObject(spec[key]) && 'selector' in spec[key])
  const inner = [...path, 'spec', ...('selector' in spec || kind === undefined ? [] : [kind])]
  return {
    where: document.where(path),
    selectorWhere: {
      target: document.where([...inner, 'selector'], 'key'),
      peer: document.where([...inner, 'target', 'selector'], 'key'),
    },
  }
}

function faultOf(checked: CheckedManifest, legacyCron: string | undefined): Omit<Fault, 'where'> | undefined {
  const { name, namespace, spec } = checked
  const metadata = withoutServerFields(checked.metadata)
  const embedded = checked.kind.kind === 'Schedule' ? embeddedOf(spec) : undefined
  const kind = embedded?.kind ?? (textAt(spec, 'type') === 'Workflow' ? workflowSchedule : checked.kind)
  const body = embedded?.spec ?? spec
  const faultSpec = kind.fault?.(body, namespace)
  if (faultSpec === undefined) return undefined
  const duration = filledAt(body, 'duration')
  const durationMs = duration === undefined ? undefined : goDurationMs(duration)
  return {
    id: `${kind.kind}/${namespace}/${name}`,
    kind: kind.kind,
    name,
    namespace,
    spec: faultSpec,
    targeting: targetingOf(body, namespace),
    durationMs: durationMs === undefined ? undefined : Math.max(0, durationMs),
    schedule: scheduleOf(checked, legacyCron),
    labels: textMapAt(metadata, 'labels'),
    manifest:
      legacyCron === undefined
        ? { apiVersion: API_VERSION, kind: checked.kind.kind, metadata, spec }
        : scheduleManifest(metadata, legacyCron, checked.kind, spec),
  }
}

/** A manifest taken from a cluster (`kubectl get -o yaml`) can be applied again. */
function withoutServerFields(metadata: Fields): Fields {
  const written = [
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'managedFields',
    'finalizers',
    'selfLink',
  ]
  const kept = Object.entries(metadata).filter(([name, value]) => !written.includes(name) && value !== null)
  return Object.fromEntries(kept)
}

/** A Schedule of a Workflow. */
const workflowSchedule: Pick<ChaosKind, 'kind' | 'fault'> = {
  kind: 'Workflow',
  fault: clusterOnly('Workflow'),
}

function scheduleOf(checked: CheckedManifest, legacyCron: string | undefined): Fault['schedule'] {
  if (legacyCron !== undefined) return { cron: legacyCron, concurrencyPolicy: 'Forbid', legacy: true }
  if (checked.kind.kind !== 'Schedule') return undefined
  const policy = textAt(checked.spec, 'concurrencyPolicy') === 'Allow' ? 'Allow' : 'Forbid'
  return { cron: textAt(checked.spec, 'schedule') ?? '', concurrencyPolicy: policy, legacy: false }
}

function readOther(document: SourceDocument, path: readonly (string | number)[], value: unknown): Read {
  const nothing = { isChaos: false, faults: [], problems: [], warnings: [] }
  const isKubernetes = filledAt(value, 'apiVersion') !== undefined && filledAt(value, 'kind') !== undefined
  const where = document.where(path)
  if (isKubernetes) {
    const why = `it is no object of chaos-mesh.org: apiVersion is ${textAt(value, 'apiVersion')}; it is passed over`
    const warning: Problem = {
      code: 'other-object',
      what: `Cannot use ${nameOf(value)}`,
      where,
      why,
      level: 'warning',
    }
    return { ...nothing, warnings: [warning] }
  }
  const why = isObject(value)
    ? `a manifest must have apiVersion: ${API_VERSION} and kind: apiVersion or kind is missing`
    : 'a manifest must be a mapping'
  const looksToolkit = isObject(value) && (value.method !== undefined || value.title !== undefined)
  const looksSystem = isObject(value) && value.system !== undefined
  const fix = looksSystem
    ? 'It describes the system under test: give an experiment, such as chaos/payment-latency.yaml'
    : looksToolkit
      ? 'It looks like a Chaos Toolkit experiment: run it with aftershock chaos run'
      : `Begin with apiVersion: ${API_VERSION} and kind: NetworkChaos`
  return {
    ...nothing,
    problems: [{ code: 'not-a-manifest', what: `Cannot read ${where.file}`, where, why, fix }],
  }
}

function noChaos(file: string, documents: readonly SourceDocument[]): Problem {
  const why =
    documents.length === 0
      ? 'the file must hold a manifest of chaos-mesh.org: it is empty'
      : 'the file must hold a manifest of chaos-mesh.org: it holds other objects only'
  return {
    code: 'no-chaos',
    what: `Cannot read ${file}`,
    where: documents[0]?.where([]) ?? { file, line: 1, column: 1 },
    why,
    fix: 'Write one with aftershock init',
  }
}

function doubles(faults: readonly Fault[]): readonly Problem[] {
  return faults
    .filter((fault, i) => faults.findIndex((other) => other.id === fault.id) !== i)
    .map((fault) => ({
      code: 'same-name',
      what: `Cannot keep two objects named ${fault.id} apart`,
      where: fault.where,
      why: 'names must differ within a kind and namespace: a cluster would refuse or overwrite the first',
      fix: `Write metadata: { name: ${fault.name}-2 }`,
      level: 'warning',
    }))
}
