import type { FaultSpec } from '../../model/fault.ts'
import type { Fields } from './fields.ts'
import type { Report } from './report.ts'
import type { Schema } from './schema.ts'

/** What one kind of chaos-mesh.org/v1alpha1 is made of; a file a kind. */
export type ChaosKind = {
  readonly kind: string
  /** Key of its spec in a Schedule or a Workflow template; undefined = it cannot be embedded. */
  readonly embedKey?: string
  readonly spec: Schema
  /** Whether a manifest without `spec` passes (some CRDs forget to require it). */
  readonly specOptional?: true
  /** What the validating webhook refuses. Paths are relative to `spec`; types are already right. */
  readonly webhook?: (spec: Fields, report: Report) => void
  /** What the API accepts and then does not do, or does otherwise than it reads. */
  readonly doubts?: (spec: Fields, report: Report) => void
  /** The fault that it is; undefined = it is none (StatusCheck, PhysicalMachine …). */
  readonly fault?: (spec: Fields, namespace: string) => FaultSpec
}

/** A fault that needs a cluster. */
export function clusterOnly(kind: string): (spec: Fields) => FaultSpec {
  return (spec) => ({
    kind,
    clusterOnly: true,
    action: typeof spec.action === 'string' ? spec.action : undefined,
  })
}
