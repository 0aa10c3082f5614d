import type { KubeClient } from '../client.ts'
import type { Deployment, MeshSettings } from '../mesh-settings.ts'
import { DAEMON_SETS, DEPLOYMENTS, SERVICES } from '../resources.ts'
import type { Check } from './check.ts'

/** Parts that single kinds need, and settings that surprise. */
export async function extraChecks(client: KubeClient, mesh: MeshSettings): Promise<readonly Check[]> {
  const { namespace, controller } = mesh
  if (namespace === undefined || controller === undefined) return []
  const deployments = (await client.list<Deployment>(DEPLOYMENTS, { namespace })).items
  const daemons = (await client.list(DAEMON_SETS, { namespace })).items
  const services = (await client.list(SERVICES, { namespace })).items
  const value = (name: string): string | undefined =>
    controller.spec?.template?.spec?.containers
      ?.flatMap((one) => one.env ?? [])
      .find((one) => one.name === name)?.value
  return [
    readyCheck(
      deployments.find((one) => /dns/.test(one.metadata.name)),
      'DNSChaos needs the DNS server',
      'helm upgrade chaos-mesh … --set dnsServer.create=true',
    ),
    daemons.some((one) => /bpfki/.test(one.metadata.name))
      ? { state: 'ok', what: 'KernelChaos: bpfki is installed' }
      : {
          state: 'skip',
          what: 'KernelChaos needs bpfki, which is not installed',
          fix: 'helm upgrade chaos-mesh … --set bpfki.create=true',
        },
    readyCheck(
      deployments.find((one) => /dashboard/.test(one.metadata.name)),
      'the dashboard is not installed',
      'helm upgrade chaos-mesh … --set dashboard.create=true',
    ),
    ...(services.some((one) => /dashboard/.test(one.metadata.name))
      ? []
      : [{ state: 'skip' as const, what: 'the dashboard has no Service' }]),
    pauseImageCheck(value('POD_FAILURE_PAUSE_IMAGE')),
    { state: 'ok', what: `Schedules fire in time zone ${value('TZ') ?? 'UTC'}` },
  ]
}

function readyCheck(deployment: Deployment | undefined, without: string, fix: string): Check {
  if (deployment === undefined) return { state: 'skip', what: without, fix }
  const { name, namespace } = deployment.metadata
  return (deployment.status?.readyReplicas ?? 0) > 0
    ? { state: 'ok', what: `${name} is ready` }
    : {
        state: 'bad',
        what: `${name} is not ready`,
        fix: `kubectl describe deployment -n ${namespace} ${name}`,
      }
}

/** The old registry of Google no longer serves pulls. */
function pauseImageCheck(image: string | undefined): Check {
  if (image === undefined)
    return { state: 'skip', what: 'pod-failure: which pause image is used cannot be seen' }
  return /^(?:k8s\.)?gcr\.io\//.test(image)
    ? {
        state: 'bad',
        what: `pod-failure: its pause image ${image} is in a registry that was shut down`,
        fix: 'helm upgrade chaos-mesh … --set controllerManager.podChaos.podFailure.pauseImage=registry.k8s.io/pause:3.10',
      }
    : { state: 'ok', what: `pod-failure: pause image ${image}` }
}
