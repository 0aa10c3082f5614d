import { durationText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import { edgeKey } from '../assemble/edge-key.ts'
import type { Forest } from '../assemble/forest.ts'
import { Fail } from '../calls/failure.ts'
import { isGivenUp } from '../calls/given-up.ts'
import { isHedged } from '../calls/logical-calls.ts'
import { workEndNs } from '../calls/work-end.ts'
import type { Told } from '../judge/told.ts'
import { endedAsCallerLeft } from '../judge/told-of-leaving.ts'
import { grains } from '../numbers/sums.ts'
import { findKey } from './digest.ts'
import { isHeldUpByFault, touchesTarget } from './eligible.ts'
import { evidenceOf } from './examples.ts'
import { type Facts, nameOf } from './facts.ts'
import { type Found, mark, type Tally } from './found.ts'
import { groupedNumber, type Pick, perMinute, plural } from './occurrences.ts'

/** Work that a callee finished well after its caller had given up, by edge. Occurrences are server spans. */
export function abandonedPick(told: Told, targets: ReadonlySet<number>): (p: number) => Pick | undefined {
  return leftPick(told, targets, (p) => !endedAsCallerLeft(told, p))
}

/** Those that may have finished it, or not: nothing but that their caller left is known of them. */
export function perhapsAbandonedPick(
  told: Told,
  targets: ReadonlySet<number>,
): (p: number) => Pick | undefined {
  return leftPick(told, targets, (p) => endedAsCallerLeft(told, p))
}

function leftPick(
  told: Told,
  targets: ReadonlySet<number>,
  isMeant: (p: number) => boolean,
): (p: number) => Pick | undefined {
  const { forest, fail, attribution, logical } = told
  return (p) => {
    if (forest.owner[p] !== p) return undefined
    const call = forest.parent[p]
    if (call === -1 || forest.callee[call] === -1 || forest.callee[call] !== forest.service[p])
      return undefined
    const wasTriedAgain = logical.inner.extra[call] > 0 && forest.server[call] !== p
    if (!wasTriedAgain && (!isGivenUp(fail, call) || forest.server[call] !== p)) return undefined
    if (workEndNs(forest, p) <= forest.end[call] + TOLERANCE_NS || !isMeant(p)) return undefined
    const isHedge = fail[call] === Fail.cancelled && isHedged(logical, call)
    const isMine =
      attribution.failed[call] !== 0 ||
      (wasTriedAgain && touchesTarget(forest, targets, call)) ||
      (isHedge && isHeldUpByFault(told, targets, call))
    return { caller: forest.service[call], callee: forest.service[p], attributed: isMine ? 1 : 0 }
  }
}

export function measureAbandoned(told: Told, tally: Tally, p: number): void {
  const { forest } = told
  if (forest.untold[forest.parent[p]] !== 1) tally.told += 1
  tally.sumNs += grains(workEndNs(forest, p) - forest.end[forest.parent[p]])
  if (!wroteIn(forest, p)) return
  mark(told, tally, p)
  if (forest.trace[p] === tally.lastRepeated || !wroteAgain(told, p)) return
  tally.lastRepeated = forest.trace[p]
  tally.repeated += 1
}

export function duplicateOf(facts: Facts, found: Found): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const { count, marked: wrote, repeated: twice } = found
  const afterMs = found.sumNs / 1e6
  const perhaps = perhapsMore(facts, found)
  return {
    id: `duplicate-work:${caller}>${callee}`,
    kind: 'duplicate-work',
    caller,
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: found.told >= count / 2 ? 'observed' : 'inferred',
    verdict: wrote > 0 ? 'hurt' : 'mixed',
    rule: {
      id: 'duplicate.finished-after-caller-left',
      text: 'The callee finished without error after its caller had stopped waiting.',
    },
    sentence: `${callee} finished ${plural(count, 'request')} after ${caller} had left${wrote === 0 ? '' : `; ${groupedNumber(wrote)} of them wrote`}${twice === 0 ? '' : `, and ${plural(twice, 'request')} wrote the same more than once`}.`,
    facts: [
      { label: 'finished for nobody', value: groupedNumber(count), raw: count },
      { label: 'with writes', value: groupedNumber(wrote), raw: wrote },
      { label: 'requests that wrote the same twice', value: groupedNumber(twice), raw: twice },
      { label: 'work after the caller left, in all', value: durationText(afterMs), raw: Math.round(afterMs) },
      ...(perhaps === 0
        ? []
        : [
            {
              label: 'told that the caller left: finished or not',
              value: groupedNumber(perhaps),
              raw: perhaps,
            },
          ]),
    ],
    evidence: evidenceOf(found.marks ?? found.examples),
    sideEffects: wrote,
    ...(perhaps === 0
      ? {}
      : {
          alternatives: [
            {
              text: `${callee} finished up to ${plural(perhaps, 'request')} more: their spans ended as ${caller} left, whether the work went on or not`,
              weight: Math.round((perhaps / (perhaps + count)) * 1e4) / 1e4,
            },
          ],
        }),
  }
}

function perhapsMore({ digest }: Facts, { caller, callee }: Found): number {
  return digest.found.get(findKey('perhaps-duplicate-work', edgeKey(caller, callee)))?.count ?? 0
}

/** The request itself is a write, or something below it is. */
function wroteIn(forest: Forest, p: number): boolean {
  for (let c = p; c < p + forest.size[p]; c++) if (forest.ops[forest.op[c]].writes) return true
  return false
}

/** A later attempt of the same call, for which work was done at this span, succeeded too. */
function wroteAgain({ forest, fail, logical }: Told, p: number): boolean {
  const call = forest.parent[p]
  for (let q = call === -1 ? -1 : logical.next[call]; q !== -1; q = logical.next[q]) {
    const answer = forest.server[q]
    if (answer !== -1 && fail[answer] === Fail.ok) return true
  }
  return false
}
