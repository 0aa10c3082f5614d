import type { Phases } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { rootOf } from '../calls/origins.ts'
import { Because } from '../judge/counterfactual.ts'
import { isSentOn } from '../judge/sent-on.ts'
import type { Site } from '../judge/sites.ts'
import type { Told } from '../judge/told.ts'

/**
 * Spans that the fault could be met at: calls into the targets by others. Targets nobody calls are judged by
 * their own requests.
 */
export function isEligible({ forest }: Told, targets: ReadonlySet<number>, p: number): boolean {
  const callee = forest.callee[p]
  if (callee !== -1 && targets.has(callee) && !targets.has(forest.service[p])) return true
  return forest.owner[p] === p && forest.parent[p] === -1 && targets.has(forest.service[p])
}

/** The call goes into a target, or out of one, and the fault did something there or elsewhere: a target that nothing happens to is one among others. */
function touchesHitTarget(
  { forest, attribution, sites }: Told,
  targets: ReadonlySet<number>,
  call: number,
): boolean {
  if (!touchesTarget(forest, targets, call)) return false
  return (
    attribution.onsets.size > 0 ||
    attribution.reasons.some((reason, site) => reason !== 'none' && holdsUp(sites.list[site]))
  )
}

/** Time is lost there, or callers wait for what fails: errors and refusals come at once. */
function holdsUp({ what, as }: Site): boolean {
  return what !== 'fail' || !AT_ONCE.includes(as)
}

const AT_ONCE: readonly number[] = [Fail.error, Fail.shed, Fail.rejected]

/** The call goes into a target, or out of one. */
export function touchesTarget(
  { service, callee }: Told['forest'],
  targets: ReadonlySet<number>,
  call: number,
): boolean {
  return targets.has(service[call]) || targets.has(callee[call])
}

/** All of it lay within a time that the fault was on: what was under way as that began, or ended, may have slipped by. */
export function isWithinFault({ forest, phases }: Told, p: number): boolean {
  return phases.chaos.some(({ from, to }) => forest.start[p] >= from && forest.end[p] <= to)
}

/** Half of the recovery, ns; undefined without one. */
export function middleOf(phases: Pick<Phases, 'recovery'>): number | undefined {
  const recovery = phases.recovery.at(-1)
  return recovery === undefined ? undefined : recovery.from + (recovery.to - recovery.from) / 2
}

/** The fault (or what looks like it) was met there. */
export function meets(told: Told, p: number): boolean {
  const { attribution, forest } = told
  if (attribution.failed[p] === Because.hit && told.fail[p] !== Fail.rejected) return true
  if (attribution.over[p] === 1) return true
  const owner = forest.callee[p] === -1 ? p : forest.server[p]
  return owner !== -1 && (attribution.over[owner] === 1 || anyCallMet(told, owner))
}

function anyCallMet(told: Told, owner: number): boolean {
  const { logical, attribution, fail } = told
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (attribution.over[call] === 1) return true
    if (attribution.failed[call] === Because.hit && fail[call] !== Fail.rejected) return true
  }
  return false
}

/** The target's own call is what was late or failed, not its answer or its work. */
export function beginsInItsCalls(told: Told, p: number, targets: ReadonlySet<number>): boolean {
  const { attribution, forest, fail } = told
  if (attribution.over[p] === 1) return false
  const answer = forest.callee[p] === -1 ? p : forest.server[p]
  if (answer !== -1 && attribution.over[answer] === 1) return false
  if (fail[p] === Fail.ok) return true
  const at = rootOf(told.origins, p)
  return forest.callee[at] !== -1 && targets.has(forest.service[at])
}

/** What a call took longer, ms; of a message, its work; of one cut off, its answer when that was finished all the same; NaN where that is unknown. */
export function addedMs({ forest, attribution, fail, parts }: Told, p: number): number {
  if (fail[p] === Fail.ok) {
    const at = isSentOn(forest, p) ? forest.server[p] : p
    return (forest.end[at] - forest.start[at] - attribution.durationNs[at]) / 1e6
  }
  const answer = forest.server[p]
  if (fail[p] !== Fail.timeout || answer === -1 || fail[answer] !== Fail.ok) return Number.NaN
  const added = forest.end[answer] - forest.start[p] - parts.typical[forest.op[p]]
  return added > 0 ? added / 1e6 : Number.NaN
}

/** Why a call was late: it is the fault's own, or something below it was late or failed because of the fault. */
export function isHeldUpByFault(told: Told, targets: ReadonlySet<number>, call: number): boolean {
  const { forest, attribution } = told
  for (let p = call; p < call + forest.size[call]; p++) {
    if (attribution.failed[p] === Because.hit || attribution.over[p] === 1) return true
  }
  return touchesHitTarget(told, targets, call)
}
