import { durationText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { edgeOfInstance } from '../calls/bursts.ts'
import { Fail } from '../calls/failure.ts'
import { CALLS_MAX } from '../calls/usual-callees.ts'
import { isOpenedByFault } from '../judge/opened-by-fault.ts'
import type { Told } from '../judge/told.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { lowerBound } from '../numbers/lower-bound.ts'
import { push } from '../numbers/push.ts'
import { addTo } from '../numbers/sums.ts'
import { evidenceOf } from './examples.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import type { Found, Tally } from './found.ts'
import { failedShare, groupedNumber, type Pick, perMinute, pickOfCall, plural } from './occurrences.ts'

export type Opening = NonNullable<Mechanism['openings']>[number]

/** Calls that a breaker kept from the network, by edge. */
/** Requests that a breaker kept from a call of which no span tells: they failed for it, or went without. */
export function hiddenRejectionPick(told: Told): (p: number) => Pick | undefined {
  const { forest, hidden, attribution } = told
  return (p) => {
    if (hidden.quiet[p] !== -1) return quietPick(told, p)
    if (hidden.callee[p] === -1) return undefined
    return {
      caller: forest.service[p],
      callee: hidden.callee[p],
      attributed: attribution.failed[p] !== 0 ? 1 : 0,
    }
  }
}

/** A request that went on without the call that a breaker kept it from. */
export function quietPick({ forest, hidden, attribution }: Told, p: number): Pick {
  const [caller, callee] = [forest.service[p], hidden.quiet[p]]
  return { caller, callee, attributed: isOpenedByFault(attribution, caller, callee) ? 1 : 0 }
}

/** When a breaker rejected, ns: where no span tells of the call, the request that failed with it, or went without it, ended then. */
export function rejectedNs({ forest }: Told, p: number): number {
  return forest.callee[p] === -1 ? forest.end[p] : forest.start[p]
}

/** The other one of two calls side by side that were both kept back. */
export function besidePick({ forest, hidden, attribution }: Told): (p: number) => Pick | undefined {
  return (p) => {
    const callee = hidden.callee[p] !== -1 ? hidden.beside.get(p) : undefined
    if (callee === undefined) return undefined
    const attributed = isOpenedByFault(attribution, forest.service[p], callee) ? 1 : 0
    return { caller: forest.service[p], callee, attributed }
  }
}

/** Next attempts of calls that the breaker kept back; such a call ended just before. */
export function cutShortPick(told: Told): (p: number) => Pick | undefined {
  return (p) => (told.hidden.cutShort[p] === 1 ? pickOfCall(told, p) : undefined)
}

export function measureCutShort({ forest }: Told, tally: Tally, p: number): void {
  push(tally.rejected, forest.instance[p], forest.end[p])
}

export function measureRejection(told: Told, tally: Tally, p: number): void {
  const { forest, hidden } = told
  // An error names the breaker, rather than a pattern.
  if (forest.callee[p] !== -1 || hidden.how[p] === 1) tally.told += 1
  push(tally.rejected, forest.instance[p], rejectedNs(told, p))
  const owner = forest.owner[p]
  addTo(tally.rejectedOf, forest.op[owner])
  for (const call of callsOf(told, owner, tally.callee)) {
    const key = callKey(told, owner, call)
    if (told.fail[call] === Fail.ok) addTo(tally.letIn, key)
  }
}

/**
 * Instances that rejected calls to a service, when (in order, ns), how many owners by their operation, and which calls
 * to it those made well all the same (`callKey`).
 */
export type Rejecting = Readonly<{
  callee: number
  rejected: Found['rejected']
  rejectedOf: Found['rejectedOf']
  letIn: Found['letIn']
}>

function callsOf(
  { forest, logical: { callStart, calls } }: Told,
  owner: number,
  callee: number,
): readonly number[] {
  const found: number[] = []
  for (let i = callStart[owner]; i < callStart[owner + 1]; i++)
    if (forest.callee[calls[i]] === callee) found.push(calls[i])
  return found
}

/** A call by the operation of its owner, its own, and whether it is the first, second, … of these. */
function callKey(told: Told, owner: number, call: number): number {
  const { forest, logical } = told
  const { op, ops, callee } = forest
  let nth = 0
  for (const one of callsOf(told, owner, callee[call])) {
    if (op[one] === op[call] && logical.previous[one] === -1) nth += 1
    if (one === call) break
  }
  return (op[owner] * ops.length + op[call]) * CALLS_MAX + Math.min(nth, CALLS_MAX) - 1
}

/** Most owners whose call the breaker rejected made this one: it has no breaker, or another one. */
function isLetInAnyway({ rejectedOf, letIn }: Rejecting, told: Told, call: number): boolean {
  const owner = told.forest.owner[call]
  return (letIn.get(callKey(told, owner, call)) ?? 0) >= 0.5 * (rejectedOf.get(told.forest.op[owner]) ?? 0)
}

/**
 * By `edgeOfInstance`: what the same operations called between each rejection and the next. Of good calls begun then the
 * first one's start and end, ns, and how many; of calls that failed then the last one's end. NaN: none.
 */
export type Passed = ReadonlyMap<number, Between>
type Between = Readonly<Record<'start' | 'end' | 'good' | 'failedEnd', Float64Array>>

/** Calls of instances whose breaker opened tell when it closed, and opened again. */
export function passedSeen(told: Told, rejecting: readonly Rejecting[]): Passed {
  const { forest, fail, hidden } = told
  const { callee, instance, op, owner, start, end } = forest
  const passed = new Map<number, Between & { readonly of: Rejecting; readonly rejected: Float64Array }>()
  for (const of of rejecting) {
    for (const [caller, rejected] of of.rejected) {
      const none = (): Float64Array => new Float64Array(rejected.length).fill(Number.NaN)
      const good = new Float64Array(rejected.length)
      const between = { start: none(), end: none(), good, failedEnd: none() }
      passed.set(edgeOfInstance(caller, of.callee), { ...between, of, rejected })
    }
  }
  for (let p = 0; p < forest.length; p++) {
    if (callee[p] === -1 || NO_ANSWER.includes(fail[p])) continue
    const own = passed.get(edgeOfInstance(instance[p], callee[p]))
    if (own === undefined || !own.of.rejectedOf.has(op[owner[p]])) continue
    // Another call of who was rejected is not the breaker's.
    if (fail[p] === Fail.ok && [hidden.callee[owner[p]], hidden.quiet[owner[p]]].includes(callee[p])) continue
    const at = fail[p] === Fail.ok ? start[p] : end[p]
    const after = lowerBound(own.rejected, at)
    if (after === 0 || own.rejected[after] === at || isLetInAnyway(own.of, told, p)) continue
    if (fail[p] !== Fail.ok) keepLast(own, after - 1, end[p])
    else {
      own.good[after - 1] += 1
      keepFirst(own, after - 1, start[p], end[p])
    }
  }
  return new Map(
    [...passed].map(([edge, { start, end, good, failedEnd }]) => [edge, { start, end, good, failedEnd }]),
  )
}

/** What tells a breaker nothing of its callee. */
const NO_ANSWER: readonly number[] = [Fail.rejected, Fail.cancelled]

function keepFirst(own: Between, i: number, start: number, end: number): void {
  if (own.start[i] < start || (own.start[i] === start && own.end[i] <= end)) return
  own.start[i] = start
  own.end[i] = end
}

function keepLast({ failedEnd }: Between, i: number, end: number): void {
  if (!(failedEnd[i] >= end)) failedEnd[i] = end
}

export function passedOf(seen: readonly Passed[]): Passed {
  return joinedMaps(seen, (all) => {
    const sum: Between = {
      start: all[0].start.slice(),
      end: all[0].end.slice(),
      good: all[0].good.slice(),
      failedEnd: all[0].failedEnd.slice(),
    }
    for (const one of all.slice(1)) {
      for (let i = 0; i < one.good.length; i++) {
        sum.good[i] += one.good[i]
        if (!Number.isNaN(one.failedEnd[i])) keepLast(sum, i, one.failedEnd[i])
        if (!Number.isNaN(one.start[i])) keepFirst(sum, i, one.start[i], one.end[i])
      }
    }
    return sum
  })
}

export function breakerOf(facts: Facts, found: Found, passed: Passed): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const { count, told } = found
  const openings = openingsOf(facts, found, passed)
  const cost = failedShare(found)
  const openMs = openings.reduce((sum, o) => sum + ((o.closedAt ?? lastSeenMs(facts)) - o.openedAt), 0)
  return {
    id: `circuit-breaker:${caller}>${callee}`,
    kind: 'circuit-breaker',
    caller,
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: told >= count / 2 ? 'observed' : 'inferred',
    verdict: cost < 0.3 ? 'helped' : 'mixed',
    rule:
      told >= count / 2
        ? { id: 'breaker.told', text: 'The error names a circuit breaker, and nothing was called.' }
        : {
            id: 'breaker.fast-failure-without-call',
            text: 'After a burst of failures the same instance failed at once, without the call it always makes.',
          },
    sentence: `${caller}'s breaker to ${callee} opened ${timesOf(openings.length)} and rejected ${plural(count, 'call')}.`,
    facts: [
      { label: 'rejected', value: groupedNumber(count), raw: count },
      { label: 'openings', value: groupedNumber(openings.length), raw: openings.length },
      {
        label: 'open for, all instances',
        value: durationText(openMs),
        raw: Math.round(openMs),
      },
    ],
    evidence: evidenceOf(found.examples),
    openings,
  }
}

export function timesOf(n: number): string {
  return n === 1 ? 'once' : n === 2 ? 'twice' : `${groupedNumber(n)} times`
}

function lastSeenMs(facts: Facts): number {
  const { phases } = facts
  const ends = [...phases.chaos, ...phases.recovery].map((s) => s.to)
  return offsetMs(facts, Math.max(...ends))
}

/** As many good calls as these between two rejections are no probes of a breaker half open. */
const PROBES_MAX = 10

/**
 * Rejections of an instance are one opening until a good call and then a failure come in between: without a failure no
 * breaker opens, and one that is half open rejects others beside its probes.
 */
function openingsOf(facts: Facts, found: Found, passed: Passed): readonly Opening[] {
  const openings: Opening[] = []
  for (const [instance, rejected] of [...found.rejected].sort((a, b) => a[0] - b[0])) {
    const between = passed.get(edgeOfInstance(instance, found.callee))
    let openedAt = rejected[0]
    let closedNs = Number.POSITIVE_INFINITY
    for (let i = 0; i < rejected.length; i++) {
      // A call sent before the breaker opened may still answer after; one started later may mean it closed.
      const endNs = between?.end[i] ?? Number.NaN
      if (endNs < closedNs) closedNs = endNs
      // While that one runs, others are rejected yet.
      if (closedNs > rejected[i + 1]) continue
      const failedEnd = between?.failedEnd[i] ?? Number.NaN
      const isLast = i === rejected.length - 1
      if (isLast || failedEnd > closedNs || (between?.good[i] ?? 0) > PROBES_MAX) {
        openings.push({
          instance: facts.system.instances[instance].name,
          openedAt: offsetMs(facts, openedAt),
          closedAt: closedNs === Number.POSITIVE_INFINITY ? null : offsetMs(facts, closedNs),
        })
        openedAt = rejected[i + 1]
      }
      closedNs = Number.POSITIVE_INFINITY
    }
  }
  return openings.sort((a, b) => a.openedAt - b.openedAt)
}
