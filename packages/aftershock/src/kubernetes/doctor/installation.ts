import { ApiError } from '../api-error.ts'
import type { KubeClient } from '../client.ts'
import type { MeshSettings } from '../mesh-settings.ts'
import type { KubeObject } from '../objects.ts'
import { CHAOS_RESOURCES, chaosResource, LEASES, type Resource } from '../resources.ts'
import type { Check } from './check.ts'

const INSTALL =
  'helm install chaos-mesh chaos-mesh --repo https://charts.chaos-mesh.org -n chaos-mesh --create-namespace'

/** The API server answers, and its clock is near ours: windows are told in our time. */
export async function serverChecks(client: KubeClient): Promise<readonly Check[]> {
  const version = (await client.raw('GET', '/version')) as { readonly gitVersion?: string }
  const skewMs = Math.round(client.clockSkewMs() ?? 0)
  const clock: Check =
    Math.abs(skewMs) < 1_500
      ? { state: 'ok', what: 'its clock agrees with ours to the second' }
      : {
          state: 'bad',
          what: `its clock is ${Math.abs(skewMs)} ms ${skewMs > 0 ? 'ahead of' : 'behind'} ours`,
          seen: ['windows and spans are put side by side by their times'],
          fix: 'run a time service (chrony, systemd-timesyncd) on both',
        }
  return [
    { state: 'ok', what: `context ${client.context}: ${client.server} (${version.gitVersion ?? 'unknown'})` },
    clock,
  ]
}

/** Every kind is served. Helm does not upgrade CRDs: kinds that came later are missing then. */
export async function kindChecks(client: KubeClient): Promise<readonly Check[]> {
  const path = '/apis/chaos-mesh.org/v1alpha1'
  const found = (await client.raw('GET', path).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  })) as { readonly resources?: readonly { readonly kind: string }[] } | undefined
  if (found === undefined)
    return [{ state: 'bad', what: 'Chaos Mesh: chaos-mesh.org/v1alpha1 is not served', fix: INSTALL }]
  const served = new Set(found.resources?.map((one) => one.kind))
  const missing = CHAOS_RESOURCES.filter((one) => !served.has(one.kind)).map((one) => one.kind)
  if (missing.length === 0)
    return [{ state: 'ok', what: `Chaos Mesh: all ${CHAOS_RESOURCES.length} kinds are served` }]
  return [
    {
      state: 'bad',
      what: `Chaos Mesh: ${missing.join(', ')} not served`,
      seen: ['the CRDs are older than the chart: helm does not upgrade CRDs'],
      fix: 'helm show crds chaos-mesh --repo https://charts.chaos-mesh.org | kubectl apply --server-side -f -',
    },
  ]
}

type Lease = KubeObject & {
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string }
}

/** The controller runs, leads, and is no version with a known hole (CVE-2025-59358 to 59361: before 2.7.3). */
export async function controllerChecks(client: KubeClient, mesh: MeshSettings): Promise<readonly Check[]> {
  const { controller, namespace, version } = mesh
  if (controller === undefined) {
    const seen = [mesh.unseen ?? '']
    return mesh.unseen?.includes('cannot be read')
      ? [{ state: 'skip', what: 'controller manager: not visible', seen }]
      : [{ state: 'bad', what: 'controller manager: not installed', seen, fix: INSTALL }]
  }
  const name = `${namespace}/${controller.metadata.name}`
  const { readyReplicas = 0 } = controller.status ?? {}
  const wanted = controller.spec?.replicas ?? 1
  const ready: Check =
    readyReplicas > 0
      ? { state: 'ok', what: `controller ${name}: ${readyReplicas} of ${wanted} ready` }
      : {
          state: 'bad',
          what: `controller ${name}: none of ${wanted} ready`,
          fix: `kubectl describe pods -n ${namespace} -l app.kubernetes.io/component=controller-manager`,
        }
  return [ready, versionCheck(version), await leaderCheck(client, namespace ?? '')]
}

function versionCheck(version: string | undefined): Check {
  if (version === undefined)
    return { state: 'skip', what: 'version of Chaos Mesh: its image tag does not tell' }
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const isSafe = major > 2 || (major === 2 && (minor > 7 || (minor === 7 && patch >= 3)))
  return isSafe
    ? { state: 'ok', what: `Chaos Mesh ${version}` }
    : {
        state: 'bad',
        what: `Chaos Mesh ${version}: anybody in the cluster can run commands in any pod (CVE-2025-59358 and following)`,
        fix: 'helm upgrade to 2.7.3 or later',
      }
}

async function leaderCheck(client: KubeClient, namespace: string): Promise<Check> {
  const { items } = await client.list<Lease>(LEASES, { namespace })
  const led = items.find((one) => (one.spec?.holderIdentity ?? '') !== '')
  return led === undefined
    ? {
        state: 'bad',
        what: 'controller: nobody leads',
        seen: [`no Lease in ${namespace} has a holder`],
        fix: `kubectl logs -n ${namespace} -l app.kubernetes.io/component=controller-manager`,
      }
    : { state: 'ok', what: `controller: ${led.spec?.holderIdentity} leads` }
}

/** A valid and an invalid object, as a dry run: both verdicts prove that schema and webhooks are asked. */
export async function webhookChecks(client: KubeClient, namespace: string): Promise<readonly Check[]> {
  const resource = chaosResource('PodChaos') as Resource
  const trial = (action: string): Promise<unknown> =>
    client.create(
      resource,
      {
        apiVersion: 'chaos-mesh.org/v1alpha1',
        kind: 'PodChaos',
        metadata: { name: 'aftershock-doctor', namespace },
        spec: { action, mode: 'one', selector: { namespaces: [namespace] } },
      },
      { dryRun: true },
    )
  const valid = await answerOf(trial('pod-failure'))
  if (valid !== undefined) return [refusedCheck(valid)]
  const invalid = await answerOf(trial('container-kill'))
  if (invalid !== undefined && /denied the request/.test(invalid.message))
    return [{ state: 'ok', what: 'webhooks: a valid object is accepted, an invalid one refused (dry run)' }]
  return [
    {
      state: 'bad',
      what: 'webhooks: an invalid object is accepted',
      seen: ['container-kill without container names passed a dry run: the validating webhook is not asked'],
      fix: 'kubectl get validatingwebhookconfigurations | grep chaos-mesh; then helm upgrade chaos-mesh again',
    },
  ]
}

async function answerOf(call: Promise<unknown>): Promise<ApiError | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) return error
    throw error
  }
}

function refusedCheck(error: ApiError): Check {
  const seen = [error.message]
  if (error.status === 403 && !/denied the request/.test(error.message))
    return { state: 'skip', what: 'webhooks: we may not create a PodChaos, not even as a dry run', seen }
  if (/x509|certificate/.test(error.message))
    return {
      state: 'bad',
      what: 'webhooks: their certificate is not the one that the API server expects',
      seen,
      fix: 'kubectl delete secret -n chaos-mesh chaos-mesh-webhook-certs; helm upgrade chaos-mesh again; then restart the controller',
    }
  return {
    state: 'bad',
    what: 'webhooks: a valid object is refused',
    seen,
    fix: 'kubectl get endpointslices -n chaos-mesh; kubectl logs -n chaos-mesh -l app.kubernetes.io/component=controller-manager',
  }
}
