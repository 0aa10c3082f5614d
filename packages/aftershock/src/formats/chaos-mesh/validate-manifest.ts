import type { Problem } from '../../model/problem.ts'
import { shown } from '../decode.ts'
import { suggestion } from '../did-you-mean.ts'
import { isObject } from '../json-shape.ts'
import { pathText } from '../source-text.ts'
import { statusOf } from './chaos-status.ts'
import { checkSchema } from './check-schema.ts'
import { doubtCommon } from './common-doubts.ts'
import { type Fields, fieldsAt, filledAt } from './fields.ts'
import type { ChaosKind } from './kind.ts'
import { API_VERSION, kinds } from './kinds.ts'
import { checkMetadata } from './metadata.ts'
import { createReport, problemsOf, type Report, ruleText } from './report.ts'

/** A document that has the shape of its kind. */
export type CheckedManifest = {
  readonly kind: ChaosKind
  readonly name: string
  readonly namespace: string
  /** Pruned, with the schema's defaults. */
  readonly spec: Fields
  readonly metadata: Fields
}

export type ManifestVerdict = {
  readonly verdict: 'accepted' | 'rejected'
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/**
 * What a cluster with Chaos Mesh says to a manifest: schema first, then the webhook, nothing of our own.
 * Warnings are what it accepts without doing it.
 */
export function validateManifest(value: unknown): ManifestVerdict {
  const report = createReport()
  checkManifest(value, report)
  const locate = (path: readonly (string | number)[]) => ({ file: 'manifest', path: pathText(path) })
  const problems = problemsOf(report.findings, 'error', nameOf(value), locate)
  return {
    verdict: problems.length === 0 ? 'accepted' : 'rejected',
    problems,
    warnings: problemsOf(report.findings, 'warning', nameOf(value), locate),
  }
}

/** `NetworkChaos "payment-delay"`. */
export function nameOf(value: unknown): string {
  const kind = filledAt(value, 'kind') ?? 'the document'
  const name = filledAt(value, 'metadata', 'name')
  return name === undefined ? kind : `${kind} "${name}"`
}

/** @returns undefined when there are errors in the report */
export function checkManifest(value: unknown, report: Report): CheckedManifest | undefined {
  if (!isObject(value)) {
    report.error([], 'wrong-type', `a manifest must be a mapping: current value is ${shown(value)}`)
    return undefined
  }
  const before = errorsIn(report)
  const kind = checkKind(value, report)
  checkMetadata(value, report)
  for (const name of Object.keys(value)) {
    const known = ['apiVersion', 'kind', 'metadata', 'spec', 'status']
    if (known.includes(name)) continue
    const why = `unknown field "${name}": Chaos Mesh drops it without a word, and kubectl refuses the file`
    report.warning([name], 'unknown-field', why, suggestion(name, known))
  }
  if (kind === undefined) return undefined
  const spec = checkSpec(kind, value, report)
  checkStatus(kind, value, report)
  if (errorsIn(report) > before) return undefined
  kind.webhook?.(spec, report.below('spec'))
  if (errorsIn(report) > before) return undefined
  kind.doubts?.(spec, report.below('spec'))
  doubtCommon(spec, report.below('spec'))
  return {
    kind,
    name: filledAt(value, 'metadata', 'name') ?? filledAt(value, 'metadata', 'generateName') ?? '',
    namespace: filledAt(value, 'metadata', 'namespace') ?? 'default',
    spec,
    metadata: fieldsAt(value, 'metadata') ?? {},
  }
}

function checkKind(value: Fields, report: Report): ChaosKind | undefined {
  if (value.apiVersion !== API_VERSION) {
    const rule = `must be ${API_VERSION}`
    report.error(
      ['apiVersion'],
      'api-version',
      ruleText(['apiVersion'], rule, value.apiVersion),
      `Write apiVersion: ${API_VERSION}`,
    )
  }
  const kind = kinds.find((one) => one.kind === value.kind)
  if (kind !== undefined) return kind
  const names = kinds.map((one) => one.kind)
  const rule = 'must be a kind of Chaos Mesh (no matches for kind)'
  report.error(
    ['kind'],
    'unknown-kind',
    ruleText(['kind'], rule, value.kind),
    suggestion(String(value.kind), names),
  )
  return undefined
}

function checkSpec(kind: ChaosKind, value: Fields, report: Report): Fields {
  if (value.spec === undefined || value.spec === null) {
    if (kind.specOptional !== true) {
      report.error(['spec'], 'required', 'Required value: spec must be set: it is missing', 'Add spec: …')
    }
    return {}
  }
  const spec = checkSchema(kind.spec, value.spec, report.below('spec'))
  return isObject(spec) ? spec : {}
}

function checkStatus(kind: ChaosKind, value: Fields, report: Report): void {
  const schema = statusOf(kind.kind)
  if (schema === undefined || value.status === undefined || value.status === null) return
  checkSchema(schema, value.status, report.below('status'))
}

function errorsIn(report: Report): number {
  return report.findings.filter((finding) => finding.level === 'error').length
}
