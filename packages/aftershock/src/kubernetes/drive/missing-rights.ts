import type { Fault } from '../../model/fault.ts'
import type { KubeClient } from '../client.ts'
import { isAllowed } from '../is-allowed.ts'
import { chaosResource, type Resource } from '../resources.ts'
import { partsOf } from './our-manifest.ts'

/** What is applied must be followed and, above all, removed again. */
const OWN = ['get', 'list', 'watch', 'create', 'delete']
/** What a Schedule or a Workflow makes is followed, and removed with it. */
const OF_CHILDREN = ['get', 'list', 'watch', 'delete']

/** Rights that we lack to see a fault through, as `delete networkchaos.chaos-mesh.org`. Nothing is changed. */
export async function missingRights(
  fault: Fault,
  resource: Resource,
  client: KubeClient,
): Promise<readonly string[]> {
  const asked = [
    ...OWN.map((verb) => ({ verb, resource })),
    ...childrenOf(fault).flatMap((child) => OF_CHILDREN.map((verb) => ({ verb, resource: child }))),
  ]
  const answers = await Promise.all(
    asked.map(async ({ verb, resource: { group, plural } }) =>
      (await isAllowed(client, fault.namespace, { verb, group, resource: plural }))
        ? []
        : [`${verb} ${plural}.${group}`],
    ),
  )
  return answers.flat()
}

function childrenOf(fault: Fault): readonly Resource[] {
  const { kind, spec } = partsOf(fault)
  const templates: readonly unknown[] = Array.isArray(spec.templates) ? spec.templates : []
  const names =
    kind === 'Schedule'
      ? [spec.type]
      : templates.map((one) => (one as { readonly templateType?: unknown } | null)?.templateType)
  const found = names.map((name) => chaosResource(String(name))).filter((one) => one !== undefined)
  return kind === 'Schedule' || kind === 'Workflow' ? [...new Set(found)] : []
}
