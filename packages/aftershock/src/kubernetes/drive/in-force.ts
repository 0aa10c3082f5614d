import type { InForce, TargetPlan } from '../../faults/injector.ts'
import { greatestBigint, leastBigint } from '../../model/extremes.ts'
import { ascending } from '../../model/order.ts'
import type { History } from '../windows/history.ts'
import type { Hole } from '../windows/holes.ts'
import { certainOf, possibleOf } from '../windows/intervals.ts'
import { type PodWindow, podWindows } from '../windows/pod-windows.ts'
import type { ObjectHistory } from './object-history.ts'

export type Times = {
  readonly pieces: readonly InForce[]
  /** What Chaos Mesh really drew. */
  readonly targets: readonly TargetPlan[]
  /** What should be known of them: lost on the way, or not known at all. */
  readonly notes: readonly string[]
}

/**
 * When a fault was in force on which targets, as exactly as what was seen allows. Targets that fared alike
 * are taken together; one that lost its fault on the way has a time of its own, up to the loss.
 *
 * @param nowNs - closes what has no end
 */
export function timesInForce(
  histories: readonly ObjectHistory[],
  planned: readonly TargetPlan[],
  nowNs: bigint,
): Times {
  const pieces: InForce[] = []
  const notes: string[] = []
  const drawn: TargetPlan[] = []
  for (const one of histories) {
    const history = one.history()
    const { windows, unknown } = podWindows(history, one.clock())
    notes.push(...unknown)
    const targets = targetsOf(windows, history, planned)
    drawn.push(...targets.values())
    const ofTargets = windows.filter((window) => window.role !== 'peer')
    for (const window of ofTargets)
      notes.push(...window.holes.filter((hole) => isBeforeEnd(hole, window)).map((hole) => hole.why))
    const fates = Map.groupBy(ofTargets, ({ holes, recordId, round }) =>
      holes.length === 0 ? `round ${round}` : `${recordId} ${round}`,
    )
    for (const alike of fates.values()) pieces.push(pieceOf(alike, targets, nowNs))
  }
  return {
    targets: drawn,
    pieces: pieces.sort(ascending((one) => one.startPossibleNs)),
    notes: [...new Set(notes)],
  }
}

/** What may as well have come after the end bounds the window, and is no news. */
function isBeforeEnd(hole: Hole, { end }: PodWindow): boolean {
  return end?.latest === undefined || hole.latestNs <= end.latest.atNs
}

function pieceOf(
  windows: readonly PodWindow[],
  targets: ReadonlyMap<string, TargetPlan>,
  nowNs: bigint,
): InForce {
  const startCertainNs = greatestBigint(windows.map((one) => one.start.latest.atNs))
  const endPossibleNs = greatestBigint(windows.map((one) => possibleOf(one).endNs ?? nowNs))
  const surelyUntilNs = leastBigint(windows.map((one) => certainUntil(one, nowNs)))
  const ids = new Set(windows.map((one) => one.recordId))
  return {
    targets: [...targets].filter(([id, one]) => ids.has(id) || one.role === 'peer').map(([, one]) => one),
    startPossibleNs: leastBigint(windows.map((one) => possibleOf(one).startNs)),
    startCertainNs,
    // Nowhere surely in force: the certain time is empty, at its begin.
    endCertainNs: surelyUntilNs > startCertainNs ? surelyUntilNs : startCertainNs,
    endPossibleNs: endPossibleNs > startCertainNs ? endPossibleNs : startCertainNs,
  }
}

function certainUntil(window: PodWindow, nowNs: bigint): bigint {
  const certain = certainOf(window)
  return certain === undefined ? window.start.latest.atNs : (certain.endNs ?? nowNs)
}

/** Record id → target, of the records that Chaos Mesh really drew. */
function targetsOf(
  windows: readonly PodWindow[],
  history: History,
  planned: readonly TargetPlan[],
): ReadonlyMap<string, TargetPlan> {
  const found = new Map<string, TargetPlan>()
  for (const { recordId, place, role } of windows) {
    const { namespace, pod } = place
    if (namespace === undefined || pod === undefined) {
      found.set(recordId, { service: recordId, namespace: history.namespace, pod: recordId, role })
      continue
    }
    const known = planned.find((plan) => plan.namespace === namespace && plan.pod === pod)
    const seen = history.pods.find(
      (sighting) => sighting.pod.namespace === namespace && sighting.pod.name === pod,
    )
    found.set(recordId, { service: known?.service ?? seen?.pod.service ?? pod, namespace, pod, role })
  }
  return found
}
