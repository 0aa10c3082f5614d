import type { KubeClient, Ref } from '../client.ts'
import { listIfReadable } from '../list-if-served.ts'
import type { KubeObject, Pod } from '../objects.ts'
import { PER_POD_CHAOS, PODS } from '../resources.ts'
import { readPodChaos } from '../windows/pod-chaos.ts'

/**
 * What of a removed chaos object is still set on pods: rules that name it in their Pod*Chaos, images that
 * pod-failure exchanged.
 *
 * @returns a line each, and how many places were looked at; undefined: this kind leaves nothing to look at
 */
export async function leftoverRules(
  client: KubeClient,
  ref: Ref,
  namespaces: readonly string[],
): Promise<{ readonly left: readonly string[]; readonly looked: string } | undefined> {
  const kind = PER_POD_CHAOS[ref.resource.kind]
  if (kind === undefined && ref.resource.kind !== 'PodChaos') return undefined
  const left: string[] = []
  let seen = 0
  for (const namespace of new Set(namespaces)) {
    const items = await listIfReadable<KubeObject>(client, kind ?? PODS, { namespace })
    if (items === undefined) return undefined
    seen += items.length
    left.push(...items.flatMap((one) => (kind === undefined ? imagesOf(one as Pod, ref) : rulesOf(one, ref))))
  }
  return { left, looked: `${seen} ${kind === undefined ? 'pods' : kind.kind}` }
}

function rulesOf(object: KubeObject, { namespace, name }: Ref): readonly string[] {
  const found = readPodChaos(object)
  return found?.sources.includes(`${namespace}/${name}`) === true
    ? [`${found.kind} ${found.namespace}/${found.pod} still holds its rule`]
    : []
}

/** pod-failure keeps the original image in an annotation until it has put it back. */
function imagesOf({ metadata }: Pod, { name }: Ref): readonly string[] {
  const key = Object.keys(metadata.annotations ?? {}).find((one) =>
    one.startsWith(`chaos-mesh-${name}-pod-failure-`),
  )
  return key === undefined
    ? []
    : [`pod ${metadata.namespace}/${metadata.name} still runs the pause image (${key})`]
}
