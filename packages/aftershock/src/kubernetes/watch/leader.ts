import type { Clock } from '../../engine/clock.ts'
import { errorText } from '../../model/error-text.ts'
import { ApiError } from '../api-error.ts'
import type { KubeClient } from '../client.ts'
import type { KubeObject } from '../objects.ts'
import { LEASES } from '../resources.ts'

export type LeaderOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly namespace: string
  readonly name: string
  /** Unique among the replicas: the pod's name. */
  readonly identity: string
  readonly leaseMs?: number | undefined
  readonly renewMs?: number | undefined
  readonly say: (text: string) => void
}

export type Leadership = {
  /** Whether this replica may write now. */
  isLeader(): boolean
  /** Gives the lease back, so that another takes it at once. */
  stop(): Promise<void>
}

type Lease = KubeObject & {
  readonly spec?: {
    readonly holderIdentity?: string | undefined
    readonly leaseDurationSeconds?: number | undefined
    readonly renewTime?: string | undefined
    readonly leaseTransitions?: number | undefined
  }
}

/**
 * One of several replicas writes; all watch. A Lease of coordination.k8s.io, taken and renewed as client-go does:
 * whether another's lease has ended is judged by how long *we* have seen it unchanged, not by its clock.
 */
export function standForLeader(options: LeaderOptions): Leadership {
  const { client, clock, namespace, name, identity, leaseMs = 15_000, renewMs = 5_000, say } = options
  const stop = new AbortController()
  let ledUntilNs = 0n
  let seen: { readonly version: string; readonly atNs: bigint } | undefined
  const isLeader = (): boolean => clock.nowNs() < ledUntilNs
  const spec = (transitions: number, holder: string) => ({
    holderIdentity: holder,
    leaseDurationSeconds: Math.round(leaseMs / 1_000),
    renewTime: microTime(clock.nowNs()),
    leaseTransitions: transitions,
  })
  const attempt = async (): Promise<void> => {
    const askedNs = clock.nowNs()
    const lease = await client.get<Lease>({ resource: LEASES, namespace, name })
    if (lease === undefined) {
      const metadata = { name, namespace }
      await client.create(LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata,
        spec: spec(0, identity),
      })
    } else {
      const version = lease.metadata.resourceVersion ?? ''
      if (seen?.version !== version) seen = { version, atNs: askedNs }
      const holder = lease.spec?.holderIdentity ?? ''
      const heldNs = BigInt((lease.spec?.leaseDurationSeconds ?? 15) * 1_000_000_000)
      if (holder !== '' && holder !== identity && askedNs - seen.atNs < heldNs) return
      const transitions = (lease.spec?.leaseTransitions ?? 0) + (holder === identity ? 0 : 1)
      await client.replace(LEASES, { ...lease, spec: spec(transitions, identity) })
    }
    if (!isLeader()) say(`${identity} leads`)
    // From before the request: nobody else can have taken it sooner.
    ledUntilNs = askedNs + BigInt(leaseMs) * 1_000_000n
  }
  const done = (async () => {
    while (!stop.signal.aborted) {
      await attempt().catch((error: unknown) => {
        // Another was quicker.
        if (!(error instanceof ApiError) || error.status !== 409)
          say(`lease ${namespace}/${name}: ${errorText(error)}`)
      })
      await clock.sleep(isLeader() ? renewMs : renewMs / 2, stop.signal)
    }
  })()
  return {
    isLeader,
    stop: async () => {
      stop.abort()
      await done
      if (isLeader()) await release(client, namespace, name, identity)
      ledUntilNs = 0n
    },
  }
}

async function release(client: KubeClient, namespace: string, name: string, identity: string): Promise<void> {
  try {
    const lease = await client.get<Lease>({ resource: LEASES, namespace, name })
    if (lease?.spec?.holderIdentity !== identity) return
    await client.replace(LEASES, { ...lease, spec: { ...lease.spec, holderIdentity: '' } })
  } catch {
    // It runs out by itself.
  }
}

/** RFC 3339 with microseconds, as Lease wants it. */
function microTime(ns: bigint): string {
  const micros = ns / 1_000n
  return `${new Date(Number(micros / 1_000n)).toISOString().slice(0, -1)}${String(micros % 1_000n).padStart(3, '0')}Z`
}
