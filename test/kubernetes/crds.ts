import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { KubeClient } from '../../packages/aftershock/src/kubernetes/client.ts'
import type { Condition, KubeObject } from '../../packages/aftershock/src/kubernetes/objects.ts'
import { CRDS } from '../../packages/aftershock/src/kubernetes/resources.ts'

type Crd = KubeObject & { readonly status?: { readonly conditions?: readonly Condition[] } }

/** The CRDs of Chaos Mesh as they are published. */
export async function installCrds(client: KubeClient, folder: string): Promise<void> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  for (const file of files) {
    const crd = parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>
    await client.create(CRDS, crd)
  }
  for (let tries = 0; tries < 100; tries++) {
    const { items } = await client.list<Crd>(CRDS)
    const served = items.filter((one) =>
      one.status?.conditions?.some((it) => it.type === 'Established' && it.status === 'True'),
    )
    if (served.length === files.length) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('the CRDs of Chaos Mesh are not served')
}
