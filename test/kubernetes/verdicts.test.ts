import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ApiError } from '../../packages/aftershock/src/kubernetes/api-error.ts'
import { chaosResource } from '../../packages/aftershock/src/kubernetes/resources.ts'
import { describeCluster, usePlane } from './plane.ts'

type Manifest = { readonly kind: string; readonly metadata: { readonly namespace?: string } }
type Recorded = { readonly verdict: string; readonly manifest: Manifest }

const recorded: readonly Recorded[] = readFileSync(
  new URL('../chaos-mesh/manifests.jsonl', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

describeCluster('verdicts', () => {
  const plane = usePlane()

  test('the server without webhooks refuses the manifests recorded as refused by the schema, and no other', async () => {
    const wrong: string[] = []
    // Other namespaces were made while recording; here their absence would be the answer.
    const asked = recorded.filter(({ manifest }) => (manifest.metadata.namespace ?? 'default') === 'default')
    for (const { verdict, manifest } of asked) {
      const refused = await refusal(manifest)
      if ((refused !== undefined) === (verdict === 'rejected-by-schema')) continue
      wrong.push(`${verdict}, now ${refused ?? 'accepted'}: ${JSON.stringify(manifest)}`)
    }
    expect(asked.length).toBeGreaterThan(500)
    expect(wrong).toEqual([])
  }, 120_000)

  async function refusal(manifest: Manifest): Promise<string | undefined> {
    const resource = chaosResource(manifest.kind)
    if (resource === undefined) return 'no such kind'
    const namespaced = {
      ...manifest,
      metadata: { namespace: resource.namespaced ? 'default' : undefined, ...manifest.metadata },
    }
    try {
      await plane.admin.create(resource, namespaced, { dryRun: true })
      return undefined
    } catch (error) {
      if (error instanceof ApiError && (error.status === 422 || error.status === 400)) return error.message
      throw error
    }
  }
})
