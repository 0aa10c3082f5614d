import type { Clock } from '../../engine/clock.ts'
import type { KubeClient } from '../client.ts'
import { meshSettings } from '../mesh-settings.ts'
import { type Check, looked } from './check.ts'
import { extraChecks } from './extras.ts'
import { controllerChecks, kindChecks, serverChecks, webhookChecks } from './installation.ts'
import { leftoverChecks } from './leftovers.ts'
import { cniChecks, targetChecks } from './network.ts'
import { daemonChecks, policyChecks } from './nodes.ts'
import { rightChecks } from './rights.ts'

/**
 * Whether experiments can be driven in this cluster, and what will be in their way (chaosmesh.md 4.6).
 * Changes nothing: what must be tried is tried as a dry run.
 *
 * @param namespace - where targets are meant to be
 */
export async function examineCluster(
  client: KubeClient,
  clock: Clock,
  namespace: string,
): Promise<readonly Check[]> {
  const server = await looked(`context ${client.context}: ${client.server}`, () => serverChecks(client))
  if (server.some((one) => one.state === 'bad' && one.what.startsWith('context'))) return server
  const kinds = await looked('Chaos Mesh', () => kindChecks(client))
  const rights = await looked('rights', () => rightChecks(client, namespace))
  if (kinds.some((one) => one.what.includes('v1alpha1 is not served')))
    return [...server, ...kinds, ...rights]
  const mesh = await meshSettings(client)
  const rest = await Promise.all([
    looked('controller manager', () => controllerChecks(client, mesh)),
    looked('webhooks', () => webhookChecks(client, namespace)),
    looked('daemon', () => daemonChecks(client)),
    looked('policies', () => policyChecks(client, mesh)),
    looked('network', () => cniChecks(client)),
    looked(`pods of ${namespace}`, () => targetChecks(client, namespace, mesh)),
    looked('leftovers', () => leftoverChecks(client, clock)),
    looked('parts', () => extraChecks(client, mesh)),
  ])
  return [...server, ...kinds, ...rights, ...rest.flat()]
}
