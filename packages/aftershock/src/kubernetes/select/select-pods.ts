import type { Mode, Selector, Targeting } from '../../model/fault.ts'
import { type Decoded, decoded, type Problem, undecoded } from '../../model/problem.ts'
import type { Pod } from '../objects.ts'
import { matchesPod, POD_FIELDS } from './matches-pod.ts'
import type { PodSource } from './pod-source.ts'

/** Pods that a selector means, and how many of them the mode will take; Chaos Mesh draws which. */
export type Candidates = {
  readonly pods: readonly Pod[]
  readonly atLeast: number
  readonly atMost: number
}

/** What the controller was told at its installation that changes what a selector means. */
export type SelectionRules = {
  /** Set: Chaos Mesh acts in this namespace only. */
  readonly onlyNamespace: string | undefined
  /** Only namespaces annotated `chaos-mesh.org/inject: enabled`. */
  readonly onlyEnabled: boolean
}

/**
 * The pods that the controller would choose from, by its own rules.
 *
 * @returns at least one pod, or the reason why Chaos Mesh would select none
 * @see chaosmesh.md 1.3
 */
export async function selectPods(
  targeting: Targeting,
  source: PodSource,
  rules: SelectionRules,
): Promise<Decoded<Candidates>> {
  const { selector, mode } = targeting
  const named = Object.keys(selector.pods).length > 0
  const problem = named ? undefined : refusalOf(selector, rules)
  if (problem !== undefined) return undecoded(problem)
  const found = named ? await namedPods(selector, source, rules) : await matching(selector, source, rules)
  if (!found.ok) return found
  if (found.value.length === 0) return undecoded(noPod(selector, rules))
  const n = found.value.length
  const [atLeast, atMost] = countsOf(mode, n)
  return decoded({ pods: found.value, atLeast, atMost })
}

/** How few and how many of `n` the mode takes. */
export function countsOf(mode: Mode, n: number): readonly [number, number] {
  const share = (percent: number): number => Math.ceil((n * percent) / 100)
  switch (mode.kind) {
    case 'one':
      return [1, 1]
    case 'all':
      return [n, n]
    case 'fixed':
      return [Math.min(mode.count, n), Math.min(mode.count, n)]
    case 'fixed-percent':
      return [share(mode.percent), share(mode.percent)]
    case 'random-max-percent':
      return [0, share(mode.percentMax)]
  }
}

async function namedPods(
  selector: Selector,
  source: PodSource,
  rules: SelectionRules,
): Promise<Decoded<readonly Pod[]>> {
  const found: Pod[] = []
  for (const [namespace, names] of Object.entries(selector.pods)) {
    if (!(await isInScope(namespace, source, rules))) continue
    // Names that do not exist are passed over, as the controller does.
    for (const name of names)
      found.push(...[await source.pod(namespace, name)].filter((pod) => pod !== undefined))
  }
  return decoded(found)
}

async function matching(
  selector: Selector,
  source: PodSource,
  rules: SelectionRules,
): Promise<Decoded<readonly Pod[]>> {
  const nodes = await nodesOf(selector, source)
  if (nodes !== undefined && !nodes.ok) return nodes
  const found: Pod[] = []
  for (const namespace of new Set(selector.namespaces)) {
    if (!(await isInScope(namespace, source, rules))) continue
    const pods = await source.podsOf(namespace)
    found.push(...pods.filter((pod) => matchesPod(selector, pod, nodes?.value)))
  }
  return decoded(found)
}

async function isInScope(namespace: string, source: PodSource, rules: SelectionRules): Promise<boolean> {
  if (rules.onlyNamespace !== undefined && rules.onlyNamespace !== namespace) return false
  return !rules.onlyEnabled || (await source.isEnabled(namespace))
}

/** Named nodes and nodes with the labels, together; undefined: any. A node that does not exist is an error. */
async function nodesOf(
  selector: Selector,
  source: PodSource,
): Promise<
  | Extract<Decoded<ReadonlySet<string>>, { ok: true }>
  | { ok: false; problems: readonly Problem[] }
  | undefined
> {
  const byLabels = Object.keys(selector.nodeSelectors).length > 0
  if (selector.nodes.length === 0 && !byLabels) return undefined
  const names = new Set<string>()
  for (const name of selector.nodes) {
    if ((await source.node(name)) === undefined)
      return {
        ok: false,
        problems: [invalid('node-unknown', `every node must exist: there is no node ${name}`)],
      }
    names.add(name)
  }
  if (byLabels)
    for (const node of await source.nodesWith(selector.nodeSelectors)) names.add(node.metadata.name)
  return { ok: true, value: names, warnings: [] }
}

/** What the manifest's schema lets through and the controller then cannot select by. */
function refusalOf(selector: Selector, rules: SelectionRules): Problem | undefined {
  const field = Object.keys(selector.fieldSelectors).find((name) => !Object.hasOwn(POD_FIELDS, name))
  if (field !== undefined)
    return invalid(
      'field-unknown',
      `pods can be selected by ${Object.keys(POD_FIELDS).join(', ')}: current value is ${field}`,
    )
  for (const { key, operator, values } of selector.expressionSelectors) {
    const needsValues = operator === 'In' || operator === 'NotIn'
    if (needsValues !== values.length > 0)
      return invalid(
        'expression-values',
        `${operator} ${needsValues ? 'needs values' : 'takes no values'}: ${key} has ${values.length === 0 ? 'none' : values.join(', ')}`,
      )
  }
  const odd = Object.entries(selector.annotationSelectors).find(([, value]) => !isLabelValue(value))
  if (odd !== undefined)
    return invalid(
      'annotation-value',
      `Chaos Mesh reads annotationSelectors as labels, whose values have at most 63 letters, digits, - _ and dots: current value of ${odd[0]} is ${JSON.stringify(odd[1])}`,
    )
  const outside = selector.namespaces.find(
    (one) => rules.onlyNamespace !== undefined && one !== rules.onlyNamespace,
  )
  if (outside !== undefined)
    return invalid(
      'namespace-out-of-scope',
      `this Chaos Mesh is installed for namespace ${rules.onlyNamespace} only: the selector names ${outside}`,
    )
  return undefined
}

function isLabelValue(value: string): boolean {
  return value.length <= 63 && /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value)
}

function invalid(code: string, why: string): Problem {
  return { code: `selector-${code}`, what: 'Cannot select pods', why }
}

function noPod(selector: Selector, rules: SelectionRules): Problem {
  const parts = Object.entries(selector)
    .filter(([, value]) => Object.keys(value).length > 0)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const enabled = rules.onlyEnabled
    ? ' (only namespaces annotated chaos-mesh.org/inject: enabled count: enableFilterNamespace is on)'
    : ''
  const where = selector.namespaces.length === 1 ? ` -n ${selector.namespaces[0]}` : ' -A'
  return {
    code: 'selector-matches-nothing',
    what: 'Cannot find a target',
    why: `the selector must match a pod: ${parts.join(', ')} matches none${enabled}`,
    fix: `compare with: kubectl get pods${where} --show-labels`,
  }
}
