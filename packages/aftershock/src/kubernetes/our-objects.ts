import type { KubeObject } from './objects.ts'

/** Everything that we create in a cluster bears these labels, so that anybody can find and remove it. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by'
export const RUN_LABEL = 'aftershock/run'
/** Seconds since the Unix epoch: after that nobody owns it, and whoever finds it should remove it. */
export const LEASE_LABEL = 'aftershock/lease-until'

/** A label selector for all objects of ours. */
export const OURS = `${MANAGED_BY_LABEL}=aftershock,${RUN_LABEL}`

/** How long an object outlives its last renewal, and how often it is renewed. */
export const LEASE_MS = 60_000
export const RENEW_MS = 15_000

export function ourLabels(runId: string, leaseUntilNs: bigint): Readonly<Record<string, string>> {
  return {
    [MANAGED_BY_LABEL]: 'aftershock',
    [RUN_LABEL]: runId,
    [LEASE_LABEL]: leaseValue(leaseUntilNs),
  }
}

export function leaseValue(untilNs: bigint): string {
  return String(untilNs / 1_000_000_000n)
}

/** What the labels say; undefined: it is not ours. A lease that cannot be read has ended. */
export type Ownership = { readonly runId: string; readonly leaseUntilNs: bigint }

export function ownershipOf(object: KubeObject): Ownership | undefined {
  const labels = object.metadata.labels ?? {}
  const runId = labels[RUN_LABEL]
  if (labels[MANAGED_BY_LABEL] !== 'aftershock' || runId === undefined) return undefined
  const lease = labels[LEASE_LABEL] ?? ''
  const seconds = /^\d{1,12}$/.test(lease) ? BigInt(lease) : 0n
  return { runId, leaseUntilNs: seconds * 1_000_000_000n }
}

export function isOrphan(object: KubeObject, nowNs: bigint): boolean {
  const owner = ownershipOf(object)
  return owner !== undefined && owner.leaseUntilNs < nowNs
}
