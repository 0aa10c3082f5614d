import { durationText, formatMs, percentText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { Fail, OWN_POOL } from '../calls/failure.ts'
import { isLeftByItsCaller, NEAR_NS } from '../calls/given-up.ts'
import { workEndNs } from '../calls/work-end.ts'
import { PARTS, Part } from '../judge/components.ts'
import type { Told } from '../judge/told.ts'
import { countUpTo, type Distribution, partOf, quantileIn } from '../numbers/distribution.ts'
import { evidenceOf } from './examples.ts'
import { type Facts, nameOf } from './facts.ts'
import type { Found, Tally } from './found.ts'
import { failedShare, groupedNumber, perMinute, plural } from './occurrences.ts'

export type Limit = { readonly timeoutMs: number; readonly count: number }

/** Most of them never left the caller. */
export const OWN_POOL_RULE = 'timeout.own-pool'

/** Attempts given up before an answer came, by edge, with the limits at which callers gave up. */
export function measureTimeout(told: Told, tally: Tally, p: number): void {
  const { forest } = told
  if (saysTimeout(told, p)) tally.told += 1
  if (told.origins.as[p] === OWN_POOL) tally.marked += 1
  // Of calls that nobody tells of the end is known, and not the beginning.
  if (forest.untold[p] !== 1) tally.waitedMs.push((forest.end[p] - forest.start[p]) / 1e6)
  const ms = neededMs(told, p)
  if (!Number.isNaN(ms)) tally.ms.push(ms)
}

export function timeoutOf(facts: Facts, found: Found): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const limits = limitsOf(found.waitedMs)
  const timeoutMs = limits[0]?.timeoutMs
  const isObserved = found.told >= found.count / 2
  const isOfOwnPool = found.marked > found.count / 2
  const cost = failedShare(found)
  const estimate = neededLimit(found)
  return {
    id: `timeout:${caller}>${callee}`,
    kind: 'timeout',
    caller,
    callee,
    count: found.count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: isObserved ? 'observed' : 'inferred',
    verdict: cost > 0.6 ? 'hurt' : cost < 0.2 ? 'helped' : 'mixed',
    rule: isOfOwnPool
      ? {
          id: OWN_POOL_RULE,
          text: 'The call ended with a time-out error that names the pool of the caller: no connection was free.',
        }
      : isObserved
        ? { id: 'timeout.told', text: 'The call ended with a time-out error, without an answer.' }
        : {
            id: 'timeout.server-runs-on',
            text: 'The call ended without an answer, while the callee worked on or never answered.',
          },
    sentence: `${caller} gave up ${isOfOwnPool ? 'waiting for a connection of its own to' : 'on'} ${callee}${timeoutMs === undefined ? '' : ` after ${formatMs(timeoutMs)}`}, ${plural(found.count, 'time')}; ${percentText(cost)} of those requests failed.`,
    facts: [
      ...(timeoutMs === undefined
        ? []
        : [{ label: 'limit', value: limits.map((l) => formatMs(l.timeoutMs)).join(', '), raw: timeoutMs }]),
      { label: 'given up', value: groupedNumber(found.count), raw: found.count },
      ...(estimate === undefined
        ? []
        : [
            {
              label: 'needed (p99)',
              value: durationText(estimate.input.neededP99Ms),
              raw: estimate.input.neededP99Ms,
            },
          ]),
    ],
    evidence: evidenceOf(found.examples),
    ...(estimate === undefined ? {} : { estimate }),
    ...(timeoutMs === undefined ? {} : { timeoutMs, limits }),
  }
}

/** An error says it was a time-out, rather than a pattern. */
function saysTimeout({ forest: { table, row } }: Told, p: number): boolean {
  return table.status[row[p]] === 2 || table.errorType[row[p]] !== 0 || table.grpcStatus[row[p]] === 4
}

/**
 * Limits from the waits before giving up: waits within 3 % of each other are one limit, told by its lower
 * quartile (a caller may wake late, never early). Limits with less than 2 % of the waits are left out.
 */
export function limitsOf(waitedMs: Distribution): readonly Limit[] {
  const { values } = waitedMs
  const limits: Limit[] = []
  let from = 0
  for (let i = 1; i <= values.length; i++) {
    if (i < values.length && values[i] <= values[i - 1] * 1.03 + 1 && values[i] <= values[from] * 1.2 + 5)
      continue
    const cluster = partOf(waitedMs, from, i)
    limits.push({ timeoutMs: rounded(quantileIn(cluster, 0.25)), count: cluster.n })
    from = i
  }
  const all = limits.filter((l) => l.count >= Math.max(2, waitedMs.n * 0.02))
  return (all.length === 0 ? limits : all)
    .toSorted((a, b) => b.count - a.count || a.timeoutMs - b.timeoutMs)
    .slice(0, 8)
}

/** To the next 10 ms below where it lies just above (within 1 %), else to the millisecond. */
function rounded(ms: number): number {
  const ten = Math.floor(ms / 10) * 10
  return ms >= 50 && ms - ten <= Math.max(2, ms * 0.01) ? ten : Math.round(ms)
}

/**
 * What a call cut off would have needed, from an answer finished after the caller had left, ms; NaN without one. The way
 * back is the usual one: what held the call up on the way there (a callee that stood still) need not hold up its answer.
 */
function neededMs({ forest, fail, parts }: Told, p: number): number {
  const answer = forest.server[p]
  if (answer === -1 || fail[answer] !== Fail.ok) return Number.NaN
  // A span that ends as the caller leaves tells of the leaving; what it had asked for may tell when the work was done.
  const leftNs = forest.end[p] + (isLeftByItsCaller(forest, fail, answer) ? NEAR_NS : 0)
  const doneNs = workEndNs(forest, answer)
  if (doneNs <= leftNs) return Number.NaN
  const group = forest.op[p] * PARTS + Part.gap
  const usualBackNs = parts.normals[group].median - parts.usualThere[group]
  const thereNs = Math.max(0, forest.start[answer] - forest.start[p])
  const backNs = Number.isNaN(usualBackNs) ? thereNs : Math.max(0, usualBackNs)
  return (thereNs + (doneNs - forest.start[answer]) + backNs) / 1e6
}

/** What limit would have sufficed, from answers that were finished after the caller had left. */
function neededLimit({ count, ms: neededMs }: Found): Mechanism['estimate'] {
  if (neededMs.n < 10 || neededMs.n < count * 0.2) return undefined
  const neededP99Ms = Math.ceil(quantileIn(neededMs, 0.99))
  const suggestedMs = Math.ceil(quantileIn(neededMs, 0.98) / 50) * 50
  const pass = countUpTo(neededMs, suggestedMs) / neededMs.n
  return {
    text: `estimate: a ${formatMs(suggestedMs)} limit would have let ${percentText(pass)} of the cut calls finish, judging by the ${groupedNumber(neededMs.n)} of ${groupedNumber(count)} that were finished for nobody`,
    input: { cutCalls: count, finishedLater: neededMs.n, neededP99Ms, suggestedMs },
    method:
      'duration of answers finished after the caller had left, plus the way there and the usual way back',
  }
}
