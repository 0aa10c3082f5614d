import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { systemClock } from '../../packages/aftershock/src/engine/clock.ts'
import type { AppliedFault, Removal } from '../../packages/aftershock/src/faults/injector.ts'
import { readChaosMesh } from '../../packages/aftershock/src/formats/chaos-mesh/read-chaos-mesh.ts'
import type { KubeClient } from '../../packages/aftershock/src/kubernetes/client.ts'
import {
  applyInCluster,
  type DrivingWorld,
} from '../../packages/aftershock/src/kubernetes/drive/apply-in-cluster.ts'
import { type Keeper, startKeeper } from '../../packages/aftershock/src/kubernetes/drive/keeper.ts'
import {
  type ClusterFaultPlan,
  planInCluster,
} from '../../packages/aftershock/src/kubernetes/drive/plan-fault.ts'
import { meshSettings } from '../../packages/aftershock/src/kubernetes/mesh-settings.ts'
import { podSource } from '../../packages/aftershock/src/kubernetes/select/pod-source.ts'
import type { Fault } from '../../packages/aftershock/src/model/fault.ts'
import type { Decoded } from '../../packages/aftershock/src/model/problem.ts'

export const clock = systemClock()

/** What a test drives faults with: as a run does, without the run. */
export type Driving = {
  readonly folder: string
  readonly keeper: Keeper
  plan(manifest: string): Promise<Decoded<ClusterFaultPlan>>
  /** Plans and applies, for at most `forMs`. */
  apply(manifest: string, more?: Partial<DrivingWorld> & { readonly forMs?: number }): Promise<AppliedFault>
  applyPlan(
    plan: ClusterFaultPlan,
    more?: Partial<DrivingWorld> & { readonly forMs?: number; readonly stop?: AbortSignal },
  ): Promise<AppliedFault>
  [Symbol.asyncDispose](): Promise<void>
}

export async function driving(client: KubeClient, kubeconfig: string, runId = 'r-test'): Promise<Driving> {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-drive-'))
  const keeper = await startKeeper(folder, runId, { kubeconfig }, client)
  const plan = async (manifest: string): Promise<Decoded<ClusterFaultPlan>> =>
    planInCluster(faultOf(manifest), { client, pods: podSource(client), mesh: await meshSettings(client) })
  const applyPlan: Driving['applyPlan'] = (planned, { forMs = 60_000, stop, ...more } = {}) => {
    const world = { client, clock, keeper, removeWithinMs: 20_000, ifStuck: 'explain' as const, ...more }
    const untilNs = clock.nowNs() + BigInt(forMs) * 1_000_000n
    return applyInCluster(planned, { runId, untilNs, stop }, world)
  }
  return {
    folder,
    keeper,
    plan,
    applyPlan,
    apply: async (manifest, more) => {
      const planned = await plan(manifest)
      if (!planned.ok) throw new Error(planned.problems.map((one) => one.why).join('; '))
      return applyPlan(planned.value, more)
    },
    [Symbol.asyncDispose]: () => keeper.close(),
  }
}

export function faultOf(manifest: string): Fault {
  const read = readChaosMesh(manifest, 'experiment.yaml')
  if (!read.ok) throw new Error(read.problems.map((one) => one.why).join('; '))
  const [fault] = read.value.faults
  if (fault === undefined) throw new Error('no fault')
  return fault
}

export function removedOf(removal: Removal): Extract<Removal, { removed: true }> {
  expect(
    removal,
    JSON.stringify(removal, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)),
  ).toMatchObject({ removed: true })
  return removal as Extract<Removal, { removed: true }>
}

export function manifest(kind: string, namespace: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'chaos-mesh.org/v1alpha1', kind, metadata: { name, namespace }, spec })
}
