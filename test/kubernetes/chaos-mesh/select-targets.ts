import type { KubeClient } from '../../../packages/aftershock/src/kubernetes/client.ts'
import type { KubeNode, Pod } from '../../../packages/aftershock/src/kubernetes/objects.ts'
import { NODES, PODS } from '../../../packages/aftershock/src/kubernetes/resources.ts'

type Texts = Readonly<Record<string, string>>

/** A selector as it stands in a manifest, before anybody read it. */
export type RawSelector = {
  readonly pods?: Readonly<Record<string, readonly string[]>>
  readonly namespaces?: readonly string[]
  readonly labelSelectors?: Texts
  readonly expressionSelectors?: readonly { key: string; operator: string; values?: readonly string[] }[]
  readonly annotationSelectors?: Texts
  readonly fieldSelectors?: Texts
  readonly podPhaseSelectors?: readonly string[]
  readonly nodes?: readonly string[]
  readonly nodeSelectors?: Texts
}

/**
 * The pods of a selector, asked of the API server wherever it can be asked: another way to the same answer
 * than the code under test takes.
 */
export async function selectTargets(
  client: KubeClient,
  selector: RawSelector,
  objectNamespace: string,
): Promise<readonly Pod[]> {
  if (selector.pods !== undefined && Object.keys(selector.pods).length > 0) {
    const named = Object.entries(selector.pods).flatMap(([namespace, names]) =>
      names.map((name) => client.get<Pod>({ resource: PODS, namespace, name })),
    )
    return (await Promise.all(named)).filter((pod) => pod !== undefined)
  }
  const nodes = await nodesOf(client, selector)
  const namespaces = selector.namespaces?.length ? selector.namespaces : [objectNamespace]
  const found: Pod[] = []
  for (const namespace of namespaces) {
    const scope = { namespace, labelSelector: labelText(selector), fieldSelector: fieldText(selector) }
    found.push(...(await client.list<Pod>(PODS, scope)).items)
  }
  const phases = selector.podPhaseSelectors ?? []
  const wanted = phases.filter((one) => !one.startsWith('!'))
  return found.filter(
    (pod) =>
      Object.entries(selector.annotationSelectors ?? {}).every(
        ([key, value]) => pod.metadata.annotations?.[key] === value,
      ) &&
      (nodes === undefined || nodes.has(pod.spec?.nodeName ?? '')) &&
      !phases.includes(`!${pod.status?.phase}`) &&
      (wanted.length === 0 || wanted.includes(pod.status?.phase ?? '')),
  )
}

async function nodesOf(client: KubeClient, selector: RawSelector): Promise<Set<string> | undefined> {
  const labels = Object.entries(selector.nodeSelectors ?? {})
  if (!selector.nodes?.length && labels.length === 0) return undefined
  const names = new Set(selector.nodes ?? [])
  if (labels.length > 0) {
    const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',')
    for (const node of (await client.list<KubeNode>(NODES, { labelSelector })).items)
      names.add(node.metadata.name)
  }
  return names
}

function labelText(selector: RawSelector): string {
  const equal = Object.entries(selector.labelSelectors ?? {}).map(([key, value]) => `${key}=${value}`)
  const rest = (selector.expressionSelectors ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator.toLowerCase()} (${values.join(',')})`
  })
  return [...equal, ...rest].join(',')
}

function fieldText(selector: RawSelector): string {
  return Object.entries(selector.fieldSelectors ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** Without replacement; the order of the list is kept. */
export function draw<T>(list: readonly T[], mode: unknown, value: unknown): readonly T[] {
  const n = list.length
  const number = Number(value ?? 0)
  const counts: Record<string, number> = {
    one: 1,
    all: n,
    fixed: Math.min(n, number),
    'fixed-percent': Math.ceil((n * number) / 100),
    'random-max-percent': Math.ceil((n * Math.floor(Math.random() * (number + 1))) / 100),
  }
  const left = [...list]
  while (left.length > (counts[String(mode)] ?? 0)) left.splice(Math.floor(Math.random() * left.length), 1)
  return left
}
