import type { Mechanism } from '../model/result.ts'
import { Bit, measuredMs } from './digest.ts'
import { isHeldUpByFault, touchesTarget } from './eligible.ts'
import { type Facts, nameOf } from './facts.ts'
import { Fail, TOLERANCE_NS } from './failure.ts'
import type { Forest } from './forest.ts'
import type { Told } from './judge-steps.ts'
import { isHedged } from './logical-calls.ts'
import { evidenceOf, groupedNumber, type Occurrences, type Pick, perMinute, plural } from './occurrences.ts'
import { formatMs } from './timeouts.ts'
import { workEndNs } from './work-end.ts'

/** Work that a callee finished well after its caller had given up, by edge. Occurrences are server spans. */
export function abandonedPick(told: Told, targets: ReadonlySet<number>): (p: number) => Pick | undefined {
  const { forest, fail, attribution, logical } = told
  return (p) => {
    if (forest.owner[p] !== p || fail[p] !== Fail.ok) return undefined
    const call = forest.parent[p]
    if (call === -1 || forest.callee[call] === -1 || forest.callee[call] !== forest.service[p])
      return undefined
    const gaveUp = fail[call] === Fail.timeout || fail[call] === Fail.cancelled
    const wasTriedAgain = logical.inner.extra[call] > 0 && forest.server[call] !== p
    if (!wasTriedAgain && (!gaveUp || forest.server[call] !== p)) return undefined
    if (workEndNs(forest, p) <= forest.end[call] + TOLERANCE_NS) return undefined
    const isHedge = fail[call] === Fail.cancelled && isHedged(logical, call)
    const isMine =
      attribution.failed[call] === 1 ||
      (wasTriedAgain && touchesTarget(forest, targets, call)) ||
      (isHedge && isHeldUpByFault(told, targets, call))
    return { caller: forest.service[call], callee: forest.service[p], attributed: isMine ? 1 : 0 }
  }
}

export function duplicateOf(facts: Facts, found: Occurrences): Mechanism {
  const { forest } = facts
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const count = found.hits.length
  const wrote = found.hits.filter((p) => (forest.bits[p] & Bit.wrote) !== 0)
  const afterMs = found.hits.reduce((sum, p) => sum + measuredMs(forest, 'duplicate-work', p), 0)
  const twice = repeatedWrites(facts, wrote)
  return {
    id: `duplicate-work:${caller}>${callee}`,
    kind: 'duplicate-work',
    caller,
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: 'observed',
    verdict: wrote.length > 0 ? 'hurt' : 'mixed',
    rule: {
      id: 'duplicate.finished-after-caller-left',
      text: 'The callee finished without error after its caller had stopped waiting.',
    },
    sentence: `${callee} finished ${plural(count, 'request')} after ${caller} had left${wrote.length === 0 ? '' : `; ${groupedNumber(wrote.length)} of them wrote`}${twice === 0 ? '' : `, and ${plural(twice, 'request')} wrote the same more than once`}.`,
    facts: [
      { label: 'finished for nobody', value: groupedNumber(count), raw: count },
      { label: 'with writes', value: groupedNumber(wrote.length), raw: wrote.length },
      { label: 'requests that wrote the same twice', value: groupedNumber(twice), raw: twice },
      { label: 'work after the caller left, in all', value: formatMs(afterMs), raw: Math.round(afterMs) },
    ],
    evidence: evidenceOf(facts, wrote.length > 0 ? wrote : found.hits),
    sideEffects: wrote.length,
  }
}

/** The request itself is a write, or something below it is. */
export function wroteIn(forest: Forest, p: number): boolean {
  for (let c = p; c < p + forest.size[p]; c++) if (forest.ops[forest.op[c]].writes) return true
  return false
}

/** How long after its caller had left a request's work ended, ms; 0 where there is no caller. */
export function lateMsOf(forest: Forest, p: number): number {
  const call = forest.parent[p]
  return call === -1 || forest.owner[p] !== p ? 0 : (workEndNs(forest, p) - forest.end[call]) / 1e6
}

/** A later attempt of the same call, for which work was done at this span, succeeded too. */
export function wroteAgain({ forest, fail, logical }: Told, p: number): boolean {
  const call = forest.parent[p]
  for (let q = call === -1 ? -1 : logical.next[call]; q !== -1; q = logical.next[q]) {
    const answer = forest.server[q]
    if (answer !== -1 && fail[answer] === Fail.ok) return true
  }
  return false
}

/** Traces in which the same operation of the callee, one that writes, succeeded more than once. */
function repeatedWrites({ forest }: Facts, wrote: readonly number[]): number {
  return new Set(wrote.filter((p) => (forest.bits[p] & Bit.wroteAgain) !== 0).map((p) => forest.trace[p]))
    .size
}
