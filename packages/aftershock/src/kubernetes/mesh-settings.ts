import { ApiError } from './api-error.ts'
import type { KubeClient } from './client.ts'
import type { Container, KubeObject } from './objects.ts'
import { DEPLOYMENTS } from './resources.ts'
import type { SelectionRules } from './select/select-pods.ts'

export type Deployment = KubeObject & {
  readonly spec?: {
    readonly replicas?: number | undefined
    readonly template?: { readonly spec?: { readonly containers?: readonly Container[] | undefined } }
  }
  readonly status?: { readonly readyReplicas?: number | undefined; readonly replicas?: number | undefined }
}

/** The Chaos Mesh of a cluster, as far as we may see it. */
export type MeshSettings = SelectionRules & {
  /** Where it is installed; undefined when we may not look, or it is not there. */
  readonly namespace: string | undefined
  readonly controller: Deployment | undefined
  /** Of the controller's image tag, for example `2.8.3`. */
  readonly version: string | undefined
  /** Why nothing is known; the defaults are assumed then. */
  readonly unseen: string | undefined
}

const unknown: Omit<MeshSettings, 'unseen'> = {
  onlyNamespace: undefined,
  onlyEnabled: false,
  namespace: undefined,
  controller: undefined,
  version: undefined,
}

/** Reads the controller's Deployment; without the right to, its defaults are assumed and `unseen` says so. */
export async function meshSettings(client: KubeClient): Promise<MeshSettings> {
  try {
    const labelSelector = 'app.kubernetes.io/component=controller-manager'
    const { items } = await client.list<Deployment>(DEPLOYMENTS, { labelSelector })
    const controller = items.find(isChaosMesh)
    if (controller === undefined)
      return { ...unknown, unseen: 'there is no Deployment of Chaos Mesh’s controller' }
    return { ...settingsOf(controller), unseen: undefined }
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error
    return { ...unknown, unseen: `the controller’s settings cannot be read: ${error.message}` }
  }
}

function isChaosMesh(deployment: Deployment): boolean {
  const { metadata } = deployment
  return (
    metadata.labels?.['app.kubernetes.io/part-of'] === 'chaos-mesh' ||
    /chaos-controller-manager/.test(metadata.name)
  )
}

function settingsOf(controller: Deployment): Omit<MeshSettings, 'unseen'> {
  const container = controller.spec?.template?.spec?.containers?.find((one) => one.env !== undefined)
  const value = (name: string): string | undefined => container?.env?.find((one) => one.name === name)?.value
  const { namespace } = controller.metadata
  return {
    namespace,
    controller,
    version: /:v?(\d+\.\d+\.\d+)/.exec(container?.image ?? '')?.[1],
    onlyNamespace: value('CLUSTER_SCOPED') === 'false' ? (value('TARGET_NAMESPACE') ?? namespace) : undefined,
    onlyEnabled: value('ENABLE_FILTER_NAMESPACE') === 'true',
  }
}
