import { durationText, percentText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { Fail } from '../calls/failure.ts'
import { Part } from '../judge/components.ts'
import type { Told } from '../judge/told.ts'
import { quantileIn } from '../numbers/distribution.ts'
import { isHeldUpByFault } from './eligible.ts'
import { evidenceOf } from './examples.ts'
import { type Facts, nameOf } from './facts.ts'
import { type Found, mark, type Tally } from './found.ts'
import { failedShare, groupedNumber, type Pick, perMinute, plural } from './occurrences.ts'

/** Requests refused at once for lack of capacity, by the service that refused. */
export function sheddingPick({ forest, origins, attribution }: Told): (p: number) => Pick | undefined {
  return (p) => {
    if (origins.begins[p] === 0) return undefined
    const callee = forest.callee[p] === -1 ? forest.service[p] : forest.callee[p]
    return { caller: -1, callee, attributed: attribution.failed[p] !== 0 ? 1 : 0 }
  }
}

export function measureShedding({ forest: { table, row } }: Told, tally: Tally, p: number): void {
  // The status says so, rather than a pattern.
  if (table.httpStatus[row[p]] === 429 || table.grpcStatus[row[p]] === 8) tally.told += 1
}

export function shedOf(facts: Facts, found: Found): Mechanism {
  const callee = nameOf(facts, found.callee)
  const { count, told } = found
  return {
    id: `load-shed:${callee}`,
    kind: 'load-shed',
    caller: '',
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: told >= count / 2 ? 'observed' : 'inferred',
    verdict: 'mixed',
    rule:
      told >= count / 2
        ? { id: 'shed.told', text: 'Answered 429 or RESOURCE_EXHAUSTED.' }
        : {
            id: 'shed.refused-at-once-while-full',
            text: 'Refused at once, with nothing called, while much more was in progress than in the baseline, or where no breaker and no error explains it.',
          },
    sentence: `${callee} was full and refused ${plural(count, 'request')} at once.`,
    facts: [
      { label: 'refused', value: groupedNumber(count), raw: count },
      { label: 'user requests that failed with it', value: percentText(failedShare(found)) },
    ],
    evidence: evidenceOf(found.examples),
  }
}

/** Waiting for room at a service that the fault filled up though it did not hit it, by edge into it. */
export function queueingPick({ forest, sites, attribution, parts }: Told): (p: number) => Pick | undefined {
  return (p) => {
    const site = sites.ofPart[p]
    if (site === -1 || sites.excess[p] === 0 || attribution.reasons[site] !== 'sideways') return undefined
    if (parts.part[p] === Part.leaf) return undefined
    const isSelf = parts.part[p] === Part.self
    const call = forest.parent[p]
    const caller = isSelf ? (call === -1 ? -1 : forest.service[call]) : forest.service[p]
    if (caller === -1) return undefined
    return { caller, callee: isSelf ? forest.service[p] : forest.callee[p], attributed: 1 }
  }
}

/** How much longer a span took for itself than such usually do, where that is known. */
export function measureQueueing({ parts }: Told, tally: Tally, p: number): void {
  const ms = (parts.value[p] - (parts.normals[parts.group[p]]?.median ?? Number.NaN)) / 1e6
  if (!Number.isNaN(ms)) tally.ms.push(ms)
}

export function queueOf(facts: Facts, found: Found): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const [p50, p95] = [quantileIn(found.ms, 0.5), quantileIn(found.ms, 0.95)]
  return {
    id: `queueing:${caller}>${callee}`,
    kind: 'queueing',
    caller,
    callee,
    count: found.count,
    background: { subtracted: 0, perMinute: perMinute(facts, found.before) },
    grade: 'inferred',
    verdict: 'hurt',
    rule: {
      id: 'queueing.wait-grew-where-requests-piled-up',
      text: 'The fault held twice the requests there or more, and others waited meanwhile.',
    },
    sentence: `Requests waited for room at ${callee}: ${durationText(p50)} in the middle, ${durationText(p95)} at the 95th percentile, ${plural(found.count, 'time')}.`,
    facts: [
      { label: 'waited (p50)', value: durationText(p50), raw: p50 },
      { label: 'waited (p95)', value: durationText(p95), raw: p95 },
    ],
    evidence: evidenceOf(found.examples),
  }
}

/** Second attempts begun while the first still ran, by edge. */
export function hedgePick(told: Told, targets: ReadonlySet<number>): (p: number) => Pick | undefined {
  const { forest, logical } = told
  return (p) => {
    const isInner = logical.inner.beside[p] === 1
    if (logical.hedged[p] === 0 && !isInner) return undefined
    const first = isInner ? p : logical.previous[p]
    const attributed = isHeldUpByFault(told, targets, first) ? 1 : 0
    return { caller: forest.service[p], callee: forest.callee[p], attributed }
  }
}

export function measureHedge(told: Told, tally: Tally, p: number): void {
  if (told.fail[p] === Fail.ok) mark(told, tally, p)
}

export function hedgeOf(facts: Facts, found: Found): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const { count, marked: won } = found
  return {
    id: `hedge:${caller}>${callee}`,
    kind: 'hedge',
    caller,
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: 'inferred',
    verdict: won >= count / 2 ? 'helped' : 'mixed',
    rule: {
      id: 'hedge.overlapping-attempts',
      text: 'A second attempt began while the first still ran; the loser was cut off when the winner answered.',
    },
    sentence: `${caller} sent a second ${callee} call beside the first ${plural(count, 'time')}; the second won ${groupedNumber(won)}.`,
    facts: [{ label: 'second call won', value: groupedNumber(won), raw: won }],
    evidence: evidenceOf(found.examples),
  }
}
