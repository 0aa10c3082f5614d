import { itemsAt, numberAt, objectAt, textAt } from './json-at.ts'

/** What PodNetworkChaos, PodHttpChaos and PodIOChaos say of one pod (the object bears the pod's name). */
export type PodChaos = {
  readonly kind: string
  readonly namespace: string
  readonly pod: string
  readonly generation: number
  /** The daemon has done everything up to this generation. */
  readonly observedGeneration: number
  readonly failedMessage: string
  /** `<ns>/<name>` of every chaos object with a rule on the pod now. */
  readonly sources: readonly string[]
}

/** Kinds whose fault goes through an object per pod → that object's kind. */
export const POD_CHAOS_OF: Readonly<Record<string, string>> = {
  NetworkChaos: 'PodNetworkChaos',
  HTTPChaos: 'PodHttpChaos',
  IOChaos: 'PodIOChaos',
}

const RULES: Readonly<Record<string, readonly string[]>> = {
  PodNetworkChaos: ['iptables', 'tcs'],
  PodHttpChaos: ['rules'],
  PodIOChaos: ['actions'],
}

export function readPodChaos(json: unknown): PodChaos | undefined {
  const kind = textAt(json, 'kind')
  const rules = RULES[kind]
  if (rules === undefined) return undefined
  const spec = objectAt(json, 'spec')
  // An ipset alone does nothing: only rules that use it act.
  const sources = rules.flatMap((list) => itemsAt(spec, list).map((rule) => textAt(rule, 'source')))
  return {
    kind,
    namespace: textAt(json, 'metadata', 'namespace'),
    pod: textAt(json, 'metadata', 'name'),
    generation: numberAt(json, 'metadata', 'generation') ?? 0,
    observedGeneration: numberAt(json, 'status', 'observedGeneration') ?? 0,
    failedMessage: textAt(json, 'status', 'failedMessage'),
    sources: [...new Set(sources.filter((source) => source !== ''))].toSorted(),
  }
}
