import { ONE_SHOT_ACTIONS } from '../../formats/chaos-mesh/embeddable.ts'
import { goDurationMs } from '../../formats/go-duration.ts'
import type { Fault } from '../../model/fault.ts'
import { ourLabels } from '../our-objects.ts'

/** How an object of ours ends when nobody is left to remove it. */
export type Bound =
  /** Chaos Mesh itself recovers it after `durationMs` from its creation. */
  | { readonly by: 'duration'; readonly durationMs: number; readonly isOurs: boolean }
  /** It happens once. */
  | { readonly by: 'nature' }
  /** Nothing in it ends it: only the lease does (Schedule, Workflow). */
  | { readonly by: 'lease' }

/** @param longestMs - a fault that would last longer, or for ever, is given this duration */
export function boundOf(fault: Fault, longestMs: number): Bound {
  const { kind, spec } = partsOf(fault)
  if (kind === 'Schedule' || kind === 'Workflow') return { by: 'lease' }
  if (ONE_SHOT_ACTIONS.includes(String(spec.action))) return { by: 'nature' }
  const written = typeof spec.duration === 'string' ? goDurationMs(spec.duration) : undefined
  if (written !== undefined && written <= longestMs)
    return { by: 'duration', durationMs: written, isOurs: false }
  return { by: 'duration', durationMs: longestMs, isOurs: true }
}

/** The manifest as it is applied: with our labels, and with a duration that ends it without us. */
export function ourManifest(
  fault: Fault,
  lease: { readonly runId: string; readonly untilNs: bigint },
  bound: Bound,
): Readonly<Record<string, unknown>> {
  const { metadata, spec } = partsOf(fault)
  const labels = { ...(metadata.labels as object | undefined), ...ourLabels(lease.runId, lease.untilNs) }
  const duration =
    bound.by === 'duration' && bound.isOurs ? { duration: `${Math.ceil(bound.durationMs / 1_000)}s` } : {}
  return {
    ...fault.manifest,
    metadata: { ...metadata, namespace: fault.namespace, labels },
    spec: { ...spec, ...duration },
  }
}

type Fields = Readonly<Record<string, unknown>>

export function partsOf(fault: Fault): {
  readonly kind: string
  readonly metadata: Fields
  readonly spec: Fields
} {
  const { kind, metadata, spec } = fault.manifest
  return { kind: String(kind), metadata: (metadata ?? {}) as Fields, spec: (spec ?? {}) as Fields }
}
