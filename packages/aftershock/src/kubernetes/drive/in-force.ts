import type { InForce, TargetPlan } from '../../faults/injector.ts'
import type { Hole } from '../windows/holes.ts'
import { certainOf, possibleOf } from '../windows/intervals.ts'
import { type PodWindow, podWindows } from '../windows/pod-windows.ts'
import type { ObjectHistory } from './object-history.ts'

export type Times = {
  readonly pieces: readonly InForce[]
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
  for (const one of histories) {
    const { windows, unknown } = podWindows(one.history(), one.clock())
    notes.push(...unknown)
    const targets = targetsOf(one, planned)
    const groups = new Map<string, PodWindow[]>()
    for (const window of windows) {
      if (window.role === 'peer') continue
      notes.push(...window.holes.filter((hole) => isBeforeEnd(hole, window)).map((hole) => hole.why))
      const key = window.holes.length === 0 ? `round ${window.round}` : `${window.recordId} ${window.round}`
      groups.set(key, [...(groups.get(key) ?? []), window])
    }
    for (const group of groups.values()) pieces.push(pieceOf(group, targets, nowNs))
  }
  return { pieces: pieces.sort(byStart), notes: [...new Set(notes)] }
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
  const startCertainNs = largest(windows.map((one) => one.start.latest.atNs))
  const endPossibleNs = largest(windows.map((one) => possibleOf(one).endNs ?? nowNs))
  const surelyUntilNs = smallest(windows.map((one) => certainUntil(one, nowNs)))
  const ids = new Set(windows.map((one) => one.recordId))
  return {
    targets: [...targets].filter(([id, one]) => ids.has(id) || one.role === 'peer').map(([, one]) => one),
    startPossibleNs: smallest(windows.map((one) => possibleOf(one).startNs)),
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
export function targetsOf(
  one: ObjectHistory,
  planned: readonly TargetPlan[],
): ReadonlyMap<string, TargetPlan> {
  const history = one.history()
  const found = new Map<string, TargetPlan>()
  for (const { recordId, place, role } of podWindows(history, one.clock()).windows) {
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

function byStart(a: InForce, b: InForce): number {
  return a.startPossibleNs < b.startPossibleNs ? -1 : a.startPossibleNs > b.startPossibleNs ? 1 : 0
}

function smallest(values: readonly bigint[]): bigint {
  return values.reduce((best, one) => (one < best ? one : best))
}

function largest(values: readonly bigint[]): bigint {
  return values.reduce((best, one) => (one > best ? one : best))
}
