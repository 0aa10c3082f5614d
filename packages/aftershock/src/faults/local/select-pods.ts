import { areIn, holds, isInPhase } from '../../formats/chaos-mesh/selector-match.ts'
import type { Mode, Selector, Targeting } from '../../model/fault.ts'
import { type Decoded, decoded, type Problem, undecoded } from '../../model/problem.ts'
import type { Random } from '../../model/random.ts'
import type { LocalPod } from '../../model/system.ts'

/**
 * The pods a fault hits, by Chaos Mesh's rules: the selector's parts AND, `pods` overrides them all, then the
 * mode draws without replacement.
 *
 * @param objectNamespace - of the chaos object: where a selector without namespaces looks
 * @returns at least one pod; problem `selector-matches-nothing`, `mode-selects-none` or `selector-needs-cluster`
 * @see chaosmesh.md 1.3
 */
export function selectPods(
  targeting: Targeting,
  pods: readonly LocalPod[],
  objectNamespace: string,
  random: Random,
): Decoded<readonly LocalPod[]> {
  const { selector, mode } = targeting
  const unknown = needsCluster(selector)
  if (unknown !== undefined) return undecoded(unknown)
  const matching = pods.filter((pod) => matches(selector, pod, objectNamespace))
  if (matching.length === 0) return undecoded(matchesNothing(selector, pods, objectNamespace))
  const count = countOf(mode, matching.length, random)
  if (count === 0) return undecoded(drewNone(mode))
  return decoded(draw(matching, count, random))
}

/** How many of `n` the mode takes. */
export function countOf(mode: Mode, n: number, random: Random): number {
  switch (mode.kind) {
    case 'one':
      return Math.min(1, n)
    case 'all':
      return n
    case 'fixed':
      return Math.min(mode.count, n)
    case 'fixed-percent':
      return Math.min(n, Math.ceil((n * mode.percent) / 100))
    case 'random-max-percent': {
      const percent = Math.floor(random() * (mode.percentMax + 1))
      return Math.min(n, Math.ceil((n * percent) / 100))
    }
  }
}

/** Uniform without replacement; in the order of the list, so that output is stable. */
function draw(pods: readonly LocalPod[], count: number, random: Random): readonly LocalPod[] {
  const places = pods.map((_, i) => i)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (places.length - i))
    ;[places[i], places[j]] = [places[j], places[i]]
  }
  return places
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((place) => pods[place])
}

function matches(selector: Selector, pod: LocalPod, objectNamespace: string): boolean {
  if (Object.keys(selector.pods).length > 0) return selector.pods[pod.namespace]?.includes(pod.pod) ?? false
  const namespaces = selector.namespaces.length > 0 ? selector.namespaces : [objectNamespace]
  return (
    namespaces.includes(pod.namespace) &&
    areIn(selector.labelSelectors, pod.labels) &&
    areIn(selector.annotationSelectors, pod.annotations) &&
    areIn(selector.fieldSelectors, fieldsOf(pod)) &&
    selector.expressionSelectors.every((expression) => holds(expression, pod.labels)) &&
    isInPhase(selector.podPhaseSelectors, PHASE)
  )
}

type Texts = Readonly<Record<string, string>>

/** Local replicas count as running. */
const PHASE = 'Running'
const LOCAL_FIELDS = ['metadata.name', 'metadata.namespace', 'status.phase']

function fieldsOf(pod: LocalPod): Texts {
  return { 'metadata.name': pod.pod, 'metadata.namespace': pod.namespace, 'status.phase': PHASE }
}

function needsCluster(selector: Selector): Problem | undefined {
  if (Object.keys(selector.pods).length > 0) return undefined
  const field = Object.keys(selector.fieldSelectors).find((name) => !LOCAL_FIELDS.includes(name))
  const what = 'Cannot select pods here'
  const code = 'selector-needs-cluster'
  const fix = 'Use labelSelectors, or run the experiment in the cluster'
  if (selector.nodes.length > 0 || Object.keys(selector.nodeSelectors).length > 0)
    return { code, what, why: 'nodes exist only in a cluster: the selector names nodes', fix }
  if (field !== undefined)
    return {
      code,
      what,
      why: `of the fields only ${LOCAL_FIELDS.join(', ')} exist here: current value is ${field}`,
      fix,
    }
  return undefined
}

function matchesNothing(selector: Selector, pods: readonly LocalPod[], objectNamespace: string): Problem {
  const known = [
    ...new Set(pods.map((pod) => `${pod.service} (${labelsText(pod)}, namespace ${pod.namespace})`)),
  ]
  const asked = Object.keys(selector.pods).length > 0 ? selector.pods : { ...selector }
  const text = Object.entries(asked)
    .filter(([, value]) => Object.keys(value).length > 0)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(', ')
  return {
    code: 'selector-matches-nothing',
    what: 'Cannot find a target',
    why: `the selector must match a service of aftershock.yaml: ${text || 'it is empty'} matches none in namespace ${
      selector.namespaces.length > 0 ? selector.namespaces.join(', ') : objectNamespace
    }`,
    fix: known.length === 0 ? 'Add services under `system.services`' : `Services here: ${known.join('; ')}`,
  }
}

function labelsText(pod: LocalPod): string {
  return Object.entries(pod.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function drewNone(mode: Mode): Problem {
  return {
    code: 'mode-selects-none',
    what: 'Cannot find a target',
    why: `the mode must take at least one pod: ${mode.kind} drew none`,
    fix: mode.kind === 'random-max-percent' ? 'Use mode fixed-percent, or another --seed' : 'Use mode all',
  }
}
