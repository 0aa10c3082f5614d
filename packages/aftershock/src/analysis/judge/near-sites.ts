import { edgeOf } from '../assemble/edge-key.ts'
import { Phase, type Span } from '../assemble/phases.ts'
import { SLOW_CALLEE } from '../calls/failure.ts'
import { moreOften } from '../numbers/compare.ts'
import type { Reason } from './blame.ts'
import type { Onset } from './onset.ts'
import { isCallFailure, NEAR_LEVEL, othersSites } from './other-ends.ts'
import { isShiftedIn, pooled, type Site } from './sites.ts'

/** Level of p for what attributed failures leave behind. */
export const STATE_LEVEL = 0.05

/**
 * Lays failures and lost time to the fault where a path in the same trace leads to its targets: their own
 * work, and the edges into and out of them, as far as these are worse than in the baseline, over the whole
 * chaos window or in a spell at the fault's instant (`onset.ts`). Then through state: a breaker opened by such
 * failures, a caller filled up by such waiting. Everything else is background.
 *
 * @param targets - services that were injected, as indices; empty: nothing is attributed
 * @param chaos - when the fault was on
 */
export function nearReasons(
  list: readonly Site[],
  targets: ReadonlySet<number>,
  chaos: readonly Span[],
): Reason[] {
  const shifts = (site: Site): boolean =>
    (isShiftedIn(site, Phase.chaos, NEAR_LEVEL) && !beginsAtTheEnd(site, chaos)) ||
    isOnlyInChaos(site, NEAR_LEVEL)
  const reasons: Reason[] = list.map((site) => (isNear(site, targets) && shifts(site) ? 'near' : 'none'))
  addKindred(list, reasons, targets, chaos)
  addOtherCallers(list, reasons, targets)
  for (const i of othersSites(list, targets)) reasons[i] = 'none'
  return reasons
}

/** Failures that neither the baseline nor the recovery knows, against both: what began with the fault and ended with it. */
function isOnlyInChaos(site: Site, level: number): boolean {
  const { what, n, hits } = site
  if (what !== 'fail' || hits[Phase.baseline] + hits[Phase.recovery] > 0) return false
  const others = n[Phase.baseline] + n[Phase.recovery]
  const chance = site.chance.with(Phase.chaos, moreOften(0, others, hits[Phase.chaos], n[Phase.chaos]))
  return isShiftedIn({ ...site, chance }, Phase.chaos, level)
}

/** Of the time that the fault is on, what is left when the first of what goes on after it begins. */
const END_SHARE = 0.1

/** Requests under way when the window ended met what began then: it is nowhere in the window before. */
function beginsAtTheEnd(site: Site, chaos: readonly Span[]): boolean {
  if (!isShiftedIn(site, Phase.recovery, STATE_LEVEL)) return false
  const lengthNs = (untilNs: number): number =>
    chaos.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, untilNs) - from), 0)
  return lengthNs(site.firstNs) >= (1 - END_SHARE) * lengthNs(Number.POSITIVE_INFINITY)
}

/**
 * One fault makes the calls of an edge fail in several words: reset and closed, cut off by a slow target or on the
 * way to it. A few of one kind are too few to test alone; together with the others of their edge they are the same
 * fault, where the baseline knows none of that kind. Where the edge is hit for certain, less certainty is asked of them.
 */
function addKindred(
  list: readonly Site[],
  reasons: Reason[],
  targets: ReadonlySet<number>,
  chaos: readonly Span[],
): void {
  const byEdge = Map.groupBy(
    [...list.keys()].filter((i) => isCallFailure(list[i]) && isNear(list[i], targets)),
    (i) => edgeOf(list[i]),
  )
  for (const kinds of byEdge.values()) {
    const together = kinds.map((i) => list[i]).reduce(pooled)
    if (kinds.length < 2 || !isShiftedIn(together, Phase.chaos, NEAR_LEVEL)) continue
    if (beginsAtTheEnd(together, chaos)) continue
    for (const i of kinds) if (list[i].hits[Phase.baseline] === 0) reasons[i] = 'near'
  }
  const certain = new Set(
    list.flatMap((site, i) =>
      reasons[i] === 'near' && site.shifted && site.callee !== -1 ? [edgeOf(site)] : [],
    ),
  )
  for (const [edge, kinds] of byEdge) {
    if (!certain.has(edge)) continue
    for (const i of kinds)
      if (list[i].hits[Phase.baseline] === 0 && isShiftedIn(list[i], Phase.chaos, STATE_LEVEL))
        reasons[i] = 'near'
  }
}

/**
 * What is wrong with a target everybody meets who calls it: where one caller's calls to it fail because of the fault, less
 * certainty is asked of another's that fail as none did before.
 */
function addOtherCallers(list: readonly Site[], reasons: Reason[], targets: ReadonlySet<number>): void {
  const isInto = (site: Site): boolean => isCallFailure(site) && targets.has(site.callee)
  const hurt = new Set(
    list.filter((site, i) => reasons[i] === 'near' && isInto(site)).map(({ callee }) => callee),
  )
  list.forEach((site, i) => {
    if (reasons[i] !== 'none' || !isInto(site) || !hurt.has(site.callee) || site.hits[Phase.baseline] > 0)
      return
    if (isShiftedIn(site, Phase.chaos, STATE_LEVEL) || isOnlyInChaos(site, STATE_LEVEL)) reasons[i] = 'near'
  })
}

/** Sites that touch a target and are not laid to the fault as a whole; indices. */
export function leftNear(
  list: readonly Site[],
  reasons: readonly Reason[],
  targets: ReadonlySet<number>,
): readonly number[] {
  return list.flatMap((site, i) => (reasons[i] === 'none' && isNear(site, targets) ? [i] : []))
}

function isNear(site: Site, targets: ReadonlySet<number>): boolean {
  // Time-outs of a slow callee speak of the callee, not of who called it.
  if (site.what === 'fail' && site.as === SLOW_CALLEE) return targets.has(site.callee)
  // So do messages that lie there.
  if (site.what === 'wait') return targets.has(site.callee)
  return targets.has(site.service) || (site.callee !== -1 && targets.has(site.callee))
}

/** Sites that touch a target and are worse than in the baseline once the fault is gone, and not while it is on; indices. */
export function lateSites(list: readonly Site[], left: readonly number[]): readonly number[] {
  return left.filter((i) => isShiftedIn(list[i], Phase.recovery, NEAR_LEVEL))
}

/**
 * Sites of failures laid to the fault that the baseline knows too and that are no more frequent after the fault: once it
 * is gone they happen anyway; indices.
 */
export function calmAgain(list: readonly Site[], reasons: readonly Reason[]): readonly number[] {
  return list.flatMap(({ what, hits, chance }, i) => {
    const isKnown = what === 'fail' && hits[Phase.baseline] > 0 && hits[Phase.recovery] > 0
    return isKnown && reasons[i] === 'near' && chance[Phase.recovery] >= STATE_LEVEL ? [i] : []
  })
}

/**
 * What begins only after the fault is the fault's where its target showed the fault before, and where it begins as the
 * fault ends: what it left behind (a backlog, connections that were cut, a process that starts anew) is there from then
 * on. Whatever else happens to the target later happens to it anyway: a fault that no call met has no victims.
 *
 * @param late - see `lateSites`; those that are the fault's become `near`
 * @returns the spells that are the fault's
 */
export function leftBehind(
  list: readonly Site[],
  reasons: Reason[],
  onsets: ReadonlyMap<number, readonly Onset[]>,
  late: readonly number[],
  targets: ReadonlySet<number>,
): ReadonlyMap<number, readonly Onset[]> {
  const showing = showingTargets(list, reasons, onsets, targets)
  const kept = new Map<number, readonly Onset[]>()
  for (const [i, spells] of onsets) {
    const { service, callee } = list[i]
    const mayBe = showing.has(service) || showing.has(callee)
    const own = spells.filter(({ when }) => mayBe || when === 'begun')
    if (late.includes(i) && own.some(({ when }) => when === 'gone')) reasons[i] = 'near'
    else if (list[i].what === 'fail' && own.length > 0) kept.set(i, own)
  }
  return kept
}

/** Targets at which the fault shows while it is on. */
function showingTargets(
  list: readonly Site[],
  reasons: readonly Reason[],
  onsets: ReadonlyMap<number, readonly Onset[]>,
  targets: ReadonlySet<number>,
): ReadonlySet<number> {
  const shown = list.filter(
    (_, i) => reasons[i] !== 'none' || onsets.get(i)?.some(({ when }) => when === 'begun') === true,
  )
  return new Set([...targets].filter((t) => shown.some((site) => site.service === t || site.callee === t)))
}
