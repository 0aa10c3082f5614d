import type { KubeClient } from '../client.ts'
import { isAllowed } from '../is-allowed.ts'
import { CHAOS_KINDS, SCHEDULES, WORKFLOWS } from '../resources.ts'
import { type Check, shortened } from './check.ts'

/** What driving experiments needs, and no more (deploy/driver-role.yaml says the same). */
export type Right = { readonly group: string; readonly resource: string; readonly verbs: readonly string[] }

const READ = ['get', 'list', 'watch']
const DRIVE = [...READ, 'create', 'patch', 'delete']

export const DRIVER_RIGHTS: readonly Right[] = [
  ...[...CHAOS_KINDS, SCHEDULES, WORKFLOWS].map(({ group, plural }) => ({
    group,
    resource: plural,
    verbs: DRIVE,
  })),
  ...['podnetworkchaos', 'podhttpchaos', 'podiochaos', 'workflownodes'].map((resource) => ({
    group: 'chaos-mesh.org',
    resource,
    verbs: READ,
  })),
  { group: '', resource: 'pods', verbs: READ },
  { group: '', resource: 'events', verbs: READ },
  { group: '', resource: 'nodes', verbs: ['get', 'list'] },
  { group: '', resource: 'namespaces', verbs: ['get', 'list'] },
  { group: 'apps', resource: 'deployments', verbs: ['get', 'list'] },
]

/** Asks the API server for each right, in one namespace. */
export async function rightChecks(client: KubeClient, namespace: string): Promise<readonly Check[]> {
  const asked = DRIVER_RIGHTS.flatMap((right) => right.verbs.map((verb) => ({ ...right, verb })))
  const answers = await Promise.all(
    asked.map(async (one) => ((await isAllowed(client, namespace, one)) ? undefined : one)),
  )
  const missing = answers.filter((one) => one !== undefined)
  if (missing.length === 0)
    return [
      { state: 'ok', what: `rights: all ${asked.length} that driving experiments needs in ${namespace}` },
    ]
  const byResource = new Map<string, string[]>()
  for (const { group, resource, verb } of missing) {
    const name = group === '' ? resource : `${resource}.${group}`
    byResource.set(name, [...(byResource.get(name) ?? []), verb])
  }
  const lines = [...byResource].map(([name, verbs]) => `${verbs.join(', ')} ${name}`)
  return [
    {
      state: 'bad',
      what: `rights: ${missing.length} of ${asked.length} are missing in ${namespace}`,
      seen: shortened(lines, 8),
      fix: 'kubectl apply -f deploy/driver-role.yaml; kubectl create clusterrolebinding aftershock-driver --clusterrole=aftershock-driver --user=<you> (kubectl auth whoami)',
    },
  ]
}
