import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe } from 'vitest'
import { systemClock } from '../../packages/aftershock/src/engine/clock.ts'
import { connectKube, type KubeClient } from '../../packages/aftershock/src/kubernetes/client.ts'
import { NAMESPACES } from '../../packages/aftershock/src/kubernetes/resources.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { installCrds } from './crds.ts'

const programs = process.env.AFTERSHOCK_CONTROL_PLANE
const crds = process.env.AFTERSHOCK_CRDS

/** `describe`, where the control plane was built; `npm run test:kubernetes` builds it. */
export const describeCluster = describe.runIf(programs !== undefined)

if (programs === undefined)
  console.warn(
    '\n!!! no kube-apiserver: tests on a real cluster are skipped; run them with npm run test:kubernetes\n',
  )

/** A control plane with the CRDs of Chaos Mesh, for the tests of one file. */
export type Plane = {
  readonly control: ControlPlane
  readonly admin: KubeClient
  clientOf(user: string): KubeClient
  /** What kubectl prints, asked by the admin. */
  kubectl(...args: readonly string[]): string
  /** A namespace of its own for a test. */
  namespace(name: string): Promise<string>
}

export function usePlane(): Plane {
  let control: ControlPlane | undefined
  const clients: KubeClient[] = []
  const asked = new Map<string, number>()
  const clock = systemClock()
  const started = (): ControlPlane => {
    if (control === undefined) throw new Error('the control plane has not been started')
    return control
  }
  const clientOf = (user: string): KubeClient => {
    const client = connectKube({ kubeconfig: started().kubeconfigOf(user), clock })
    clients.push(client)
    return client
  }
  let admin: KubeClient | undefined
  const adminClient = (): KubeClient => {
    admin ??= clientOf('admin')
    return admin
  }
  beforeAll(async () => {
    if (programs === undefined || crds === undefined) return
    control = await startControlPlane(programs)
    await installCrds(adminClient(), crds)
  }, 120_000)
  afterAll(async () => {
    for (const client of clients) client.close()
    await control?.stop()
  })
  return {
    get control() {
      return started()
    },
    get admin() {
      return adminClient()
    },
    clientOf,
    kubectl: (...args) => {
      const { kubectl, kubeconfigOf } = started()
      const all = ['--kubeconfig', kubeconfigOf('admin'), ...args]
      return execFileSync(kubectl, all, { encoding: 'utf8', stdio: 'pipe' })
    },
    namespace: async (wanted) => {
      // Other tests of the file left theirs, and a test that is tried again its own.
      const again = asked.get(wanted) ?? 0
      asked.set(wanted, again + 1)
      const name = again === 0 ? wanted : `${wanted}-${again}`
      await adminClient().create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
      return name
    },
  }
}
