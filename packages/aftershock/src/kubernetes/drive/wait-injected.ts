import type { Clock } from '../../engine/clock.ts'
import type { Problem } from '../../model/problem.ts'
import { recordsOf } from '../chaos-records.ts'
import type { ObjectHistory } from './object-history.ts'
import type { Scene } from './scene.ts'

export type WaitLimits = {
  /** A failing daemon is tried again by the controller; so long we let it. */
  readonly failingMs: number
  /** No sign of the controller at all. */
  readonly silentMs: number
  readonly totalMs: number
}

export const LIMITS: WaitLimits = { failingMs: 15_000, silentMs: 20_000, totalMs: 90_000 }

/**
 * Waits until every record of some object of the scene is injected.
 *
 * @returns why it is not, when Chaos Mesh says so or the time is over; nothing when `stop` was aborted
 */
export async function waitInjected(
  scene: Scene,
  clock: Clock,
  what: string,
  limits: WaitLimits & { readonly stop?: AbortSignal | undefined },
): Promise<Problem | undefined> {
  const startNs = clock.nowNs()
  const sinceMs = (ns: bigint): number => Number(clock.nowNs() - ns) / 1e6
  let failingSinceNs: bigint | undefined
  for (let count = 0; ; count = await scene.changed(count, 200)) {
    const histories = scene.histories()
    if (histories.some(isInjected) || limits.stop?.aborted) return undefined
    const failure = histories.map(failureOf).find((one) => one !== undefined)
    if (failure !== undefined) failingSinceNs ??= clock.nowNs()
    if (failure?.isFinal) return failed(what, failure.text)
    if (failure !== undefined && failingSinceNs !== undefined && sinceMs(failingSinceNs) > limits.failingMs)
      return failed(what, failure.text)
    if (sinceMs(startNs) > limits.silentMs && histories.length > 0 && histories.every(isUntouched))
      return silent(what, limits.silentMs)
    if (sinceMs(startNs) > limits.totalMs) return late(what, histories, limits.totalMs)
  }
}

export function isInjected(history: ObjectHistory): boolean {
  const records = recordsOf(history.object())
  return records.length > 0 && records.every((one) => one.phase === 'Injected')
}

type Failure = {
  readonly text: string
  /** The controller will not try again. */
  readonly isFinal: boolean
}

function failureOf(history: ObjectHistory): Failure | undefined {
  const object = history.object()
  const records = recordsOf(object)
  const failing = records
    .filter((one) => one.phase !== 'Injected')
    .flatMap((one) => (one.events ?? []).map((event) => ({ ...event, id: one.id })))
    .findLast((one) => one.type === 'Failed' && one.operation === 'Apply')
  if (failing !== undefined) return { text: `${failing.id}: ${failing.message}`, isFinal: false }
  const event = history
    .history()
    .events.findLast((one) => one.reason === 'Failed' && one.kind === object?.kind)
  if (event === undefined) return undefined
  const isFinal = /select targets/.test(event.message) && records.length === 0
  return { text: event.message, isFinal }
}

function isUntouched(history: ObjectHistory): boolean {
  const object = history.object()
  return object?.status?.experiment?.desiredPhase === undefined && !object?.metadata.finalizers?.length
}

function failed(what: string, text: string): Problem {
  const known = ADVICE.find((one) => one.pattern.test(text))
  return {
    code: known?.code ?? 'not-injected',
    what: `Cannot inject ${what}`,
    why: `Chaos Mesh must inject every target: ${text}`,
    fix: known?.fix ?? 'aftershock doctor --target k8s',
  }
}

/** What the controller and its daemons say, and what helps (chaosmesh.md 4.6). */
const ADVICE: readonly { readonly pattern: RegExp; readonly code: string; readonly fix: string }[] = [
  {
    pattern: /no pod is selected|no target has been selected/,
    code: 'no-target',
    fix: 'compare the selector with: kubectl get pods -A --show-labels; random-max-percent may draw none: use fixed-percent',
  },
  {
    pattern: /out of scoped namespace/,
    code: 'namespace-out-of-scope',
    fix: 'this Chaos Mesh is installed for one namespace: put the experiment and its targets there, or install it with clusterScoped=true',
  },
  {
    pattern: /is forbidden|cannot (?:get|list|create|patch) resource/,
    code: 'mesh-forbidden',
    fix: 'Chaos Mesh’s own service account lacks the right: install its chart again with rbac.create=true',
  },
  {
    pattern: /cannot find daemonIP|connection refused|context deadline exceeded|no such host|Unavailable/,
    code: 'daemon-unreachable',
    fix: 'kubectl get pods -A -l app.kubernetes.io/component=chaos-daemon -o wide: one must be ready on the node of each target (taints, NetworkPolicy on port 31767)',
  },
  {
    pattern:
      /expected (?:docker|containerd|cri-o):\/\/ but got|container runtime|no such file or directory.*sock/,
    code: 'runtime-differs',
    fix: 'helm upgrade chaos-mesh … --set chaosDaemon.runtime=containerd --set chaosDaemon.socketPath=/run/containerd/containerd.sock',
  },
  {
    pattern: /hostNetwork/,
    code: 'host-network',
    fix: 'select pods of their own network; Chaos Mesh refuses to disturb a whole node',
  },
]

function silent(what: string, ms: number): Problem {
  return {
    code: 'controller-silent',
    what: `Cannot inject ${what}`,
    why: `Chaos Mesh’s controller must take up every object: for ${ms / 1_000} s it has not touched this one`,
    fix: 'kubectl get pods -A -l app.kubernetes.io/component=controller-manager',
  }
}

function late(what: string, histories: readonly ObjectHistory[], ms: number): Problem {
  const records = histories.flatMap((one) => recordsOf(one.object()))
  const left = records.filter((one) => one.phase !== 'Injected').map((one) => `${one.id} (${one.phase})`)
  const why =
    histories.length === 0
      ? 'it has not made a chaos object yet'
      : records.length === 0
        ? 'no target has been chosen'
        : `${left.join(', ')} not injected`
  return {
    code: 'not-injected',
    what: `Cannot inject ${what}`,
    why: `Chaos Mesh must inject every target: after ${Math.round(ms / 1_000)} s ${why}`,
    fix: 'aftershock doctor --target k8s; of a Schedule or Workflow: give it more time with --chaos',
  }
}
