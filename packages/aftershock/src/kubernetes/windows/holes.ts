import { ascending } from '../../model/order.ts'
import type { PodSighting } from './history.ts'
import type { ContainerFacts, PodFacts } from './pod-facts.ts'
import type { RecordContext } from './record-context.ts'
import type { StartBounds } from './start-bounds.ts'

/**
 * From here on the fault is not in force as the controller believes: a record stays `Injected` although the
 * pod was replaced, a container restarted or the rule was taken away.
 */
export type Hole = {
  readonly kind: 'pod-replaced' | 'container-restarted' | 'rule-lost' | 'not-watched'
  /** It was lost in [earliestNs, latestNs]. */
  readonly earliestNs: bigint
  readonly latestNs: bigint
  /** `surely`: nothing of it is left; `maybe`: from outside it cannot be told. */
  readonly lost: 'surely' | 'maybe'
  readonly why: string
}

/** A restart is these kinds' own doing, or does not touch what they change. */
const NOT_BY_RESTART = ['PodChaos', 'AWSChaos', 'GCPChaos', 'AzureChaos', 'PhysicalMachineChaos']

/**
 * @param untilNs - the end of the window; undefined: still open
 * @param rounds - how many injections of the record are known
 */
export function holesOf(
  context: RecordContext,
  start: StartBounds,
  untilNs: bigint | undefined,
  rounds: number,
): readonly Hole[] {
  const isTouched = !NOT_BY_RESTART.includes(context.history.kind)
  const lost = isTouched ? [...podHoles(context, start), ...ruleHoles(context, start)] : []
  const holes = [...lost, ...gapHoles(context, start, rounds)]
  return holes
    .filter((hole) => untilNs === undefined || hole.earliestNs < untilNs)
    .toSorted(ascending((one) => one.earliestNs))
}

/** Nobody watched, and no count says that nothing came and went meanwhile. */
function gapHoles(context: RecordContext, start: StartBounds, rounds: number): readonly Hole[] {
  const { history, records, clock } = context
  const counts = records.map((record) => record.injectedCount)
  if (counts.length > 0 && counts.every((count) => count !== undefined && count <= rounds)) return []
  const isMissed = counts.some((count) => count !== undefined && count > rounds)
  // The controller counted more than we know of, and nobody knows when we were away.
  const always = { fromNs: start.latest.atNs, untilNs: 1n << 62n }
  const gaps = history.gaps.length === 0 && isMissed ? [always] : history.gaps
  return gaps
    .filter((gap) => gap.untilNs > start.latest.atNs)
    .map((gap) => {
      const fromNs = gap.fromNs - clock.watchLatencyNsMax
      return {
        kind: 'not-watched',
        earliestNs: fromNs > start.latest.atNs ? fromNs : start.latest.atNs,
        latestNs: gap.untilNs,
        lost: 'maybe',
        why: 'nobody watched the cluster then: it may have been removed and injected again',
      }
    })
}

function podHoles(context: RecordContext, start: StartBounds): readonly Hole[] {
  const { place, pods: seen, clock } = context
  // As it was when the fault was installed: the last state before, or else the first after.
  const before = seen.findLastIndex((one) => one.seenNs <= start.latest.atNs)
  const holes: Hole[] = []
  for (let i = Math.max(before, 0) + 1; i < seen.length; i++) {
    const [was, is] = [seen[i - 1], seen[i]]
    if (was === undefined || is === undefined || was.gone) continue
    // A watch tells of a change soon; a list tells only that there was one since the last look.
    const aliveNs = (is.live ? is.seenNs : was.seenNs) - clock.watchLatencyNsMax
    const hole = holeBetween(
      was,
      is,
      aliveNs > start.latest.atNs ? aliveNs : start.latest.atNs,
      place.container,
    )
    if (hole !== undefined) holes.push(hole)
  }
  return holes
}

function holeBetween(
  was: PodSighting,
  is: PodSighting,
  aliveNs: bigint,
  container: string | undefined,
): Hole | undefined {
  const pod = `${is.pod.namespace}/${is.pod.name}`
  const times = { earliestNs: aliveNs < is.seenNs ? aliveNs : is.seenNs, latestNs: is.seenNs }
  if (is.gone || was.pod.uid !== is.pod.uid)
    return {
      kind: 'pod-replaced',
      ...times,
      lost: 'surely',
      why: is.gone
        ? `the pod ${pod} is gone; Chaos Mesh does not inject into the one that follows`
        : `the pod ${pod} was replaced; Chaos Mesh does not inject into the new one`,
    }
  const restarted = restartedIn(was.pod, is.pod, container)
  if (restarted === undefined) return undefined
  const finishedNs = restarted.lastFinishedNs
  const sharper = finishedNs !== undefined && finishedNs > times.earliestNs && finishedNs <= times.latestNs
  return {
    kind: 'container-restarted',
    earliestNs: sharper ? finishedNs : times.earliestNs,
    latestNs: times.latestNs,
    lost: 'maybe',
    why: `container ${restarted.name} of ${pod} restarted (${restarted.restarts} times now): its record stays Injected, the fault may be gone`,
  }
}

function restartedIn(was: PodFacts, is: PodFacts, container: string | undefined): ContainerFacts | undefined {
  return is.containers.find((one) => {
    if (container !== undefined && one.name !== container) return false
    const old = was.containers.find((other) => other.name === one.name)
    if (old === undefined) return false
    return one.restarts > old.restarts || (old.id !== '' && one.id !== '' && one.id !== old.id)
  })
}

/** The rule left the pod's object although nobody asked for the end: edited, or deleted with the object. */
function ruleHoles(context: RecordContext, start: StartBounds): readonly Hole[] {
  const { history, clock, records } = context
  const isIn = records.some((record) => record.phase === 'Injected')
  if (!isIn || history.object?.desiredPhase === 'Stop') return []
  const at = context.rules.findLastIndex((one, i) => !one.hasRule && context.rules[i - 1]?.hasRule === true)
  const lost = context.rules[at]
  const last = context.rules.at(-1)
  if (lost === undefined || last?.hasRule === true || lost.seenNs <= start.latest.atNs) return []
  const was = context.rules[at - 1]?.seenNs ?? start.latest.atNs
  const aliveNs = (lost.live ? lost.seenNs : was) - clock.watchLatencyNsMax
  return [
    {
      kind: 'rule-lost',
      earliestNs: aliveNs > start.latest.atNs ? aliveNs : start.latest.atNs,
      latestNs: lost.seenNs,
      lost: 'surely',
      why: `${context.podChaosKind} ${context.place.namespace}/${context.place.pod} holds no rule of it any more`,
    },
  ]
}
