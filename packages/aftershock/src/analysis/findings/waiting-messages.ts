import { durationText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { chaosStartOf } from '../assemble/phases.ts'
import type { Told } from '../judge/told.ts'
import { waitLaidToFault } from '../judge/waits-laid.ts'
import { quantileIn } from '../numbers/distribution.ts'
import { evidenceOf } from './examples.ts'
import { type Facts, nameOf } from './facts.ts'
import type { Found, Tally } from './found.ts'
import { type Pick, perMinute, plural } from './occurrences.ts'

export const MESSAGES_RULE = 'queueing.messages-waited-longer'

/** Messages that lay longer than in the baseline before who is behind took them up, by edge from who sent them. */
export function messageWaitPick({ sites, attribution }: Told): (p: number) => Pick | undefined {
  return (p) => {
    const one = waitLaidToFault(sites, attribution, p)
    if (one === undefined) return undefined
    const { service: caller, callee } = sites.list[one.site]
    return { caller, callee, attributed: 1 }
  }
}

export function measureMessageWait({ sites, attribution }: Told, tally: Tally, p: number): void {
  const one = waitLaidToFault(sites, attribution, p)
  if (one === undefined) return
  tally.told += 1
  tally.ms.push(one.moreNs / 1e6)
}

/** Late from when such messages usually are taken up, and because of the fault no sooner than that began. */
export function lateSinceNs({ forest, sites, phases }: Told, p: number): number {
  const beganNs = chaosStartOf(phases)
  return Math.max(beganNs, forest.start[p] - (sites.waited.get(p)?.moreNs ?? 0))
}

/** Rather than requests that waited for room. */
export function isOfWaitingMessages({ told, count }: Found): boolean {
  return told >= count / 2
}

export function backlogOf(facts: Facts, found: Found): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const { count, ms } = found
  const [p50, p95, longest] = [0.5, 0.95, 1].map((q) => quantileIn(ms, q))
  return {
    id: `queueing:${caller}>${callee}`,
    kind: 'queueing',
    caller,
    callee,
    count,
    background: { subtracted: 0, perMinute: perMinute(facts, found.before) },
    grade: 'observed',
    verdict: 'hurt',
    rule: {
      id: MESSAGES_RULE,
      text: 'Between being sent and being taken up they lay longer than 99 % of the messages of the baseline, because the fault held up who takes them.',
    },
    sentence: `Messages from ${caller} waited for ${callee}: ${durationText(p50)} longer than usual in the middle, ${durationText(longest)} at most, ${plural(count, 'time')}.`,
    facts: [
      { label: 'waited (p50)', value: durationText(p50), raw: p50 },
      { label: 'waited (p95)', value: durationText(p95), raw: p95 },
      { label: 'waited (longest)', value: durationText(longest), raw: longest },
    ],
    evidence: evidenceOf(found.examples),
  }
}
