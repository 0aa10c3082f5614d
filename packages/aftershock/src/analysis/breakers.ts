import type { Mechanism } from '../model/result.ts'
import { edgeOfInstance } from './bursts.ts'
import { evidenceOf } from './examples.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { Fail } from './failure.ts'
import type { Found, Tally } from './found.ts'
import type { Told } from './judge-steps.ts'
import { lowerBound } from './lower-bound.ts'
import { failedShare, groupedNumber, type Pick, perMinute, plural } from './occurrences.ts'
import { isOpenedByFault } from './opened-by-fault.ts'
import { push } from './push.ts'

export type Opening = NonNullable<Mechanism['openings']>[number]

/** Calls that a breaker kept from the network, by edge. */
export function rejectionPick(told: Told): (p: number) => Pick | undefined {
  const { forest, fail, hidden, attribution } = told
  return (p) => {
    const isCall = forest.callee[p] !== -1
    const quiet = isCall ? -1 : hidden.quiet[p]
    if (quiet !== -1) {
      const attributed = isOpenedByFault(attribution, forest.service[p], quiet) ? 1 : 0
      return { caller: forest.service[p], callee: quiet, attributed }
    }
    if (isCall ? fail[p] !== Fail.rejected : hidden.callee[p] === -1) return undefined
    return {
      caller: forest.service[p],
      callee: isCall ? forest.callee[p] : hidden.callee[p],
      attributed: attribution.failed[p] !== 0 ? 1 : 0,
    }
  }
}

export function measureRejection({ forest, hidden }: Told, tally: Tally, p: number): void {
  // An error names the breaker, rather than a pattern.
  if (forest.callee[p] !== -1 || hidden.how[p] === 1) tally.told += 1
  push(tally.rejected, forest.instance[p], forest.start[p])
}

/** Instances that rejected calls to a service, and when, in order, ns. */
export type Rejecting = { readonly callee: number; readonly rejected: ReadonlyMap<number, Float64Array> }
/** By `edgeOfInstance`: of each rejection the first good call begun after it and before the next: start and end, ns; NaN: none. */
export type Passed = ReadonlyMap<number, Float64Array>

/** Good calls of instances whose breaker opened tell when it closed. */
export function passedSeen({ forest, fail }: Told, rejecting: readonly Rejecting[]): Passed {
  const passed = new Map<number, { readonly rejected: Float64Array; readonly calls: Float64Array }>()
  for (const { callee, rejected: byInstance } of rejecting) {
    for (const [instance, rejected] of byInstance) {
      const calls = new Float64Array(2 * rejected.length).fill(Number.NaN)
      passed.set(edgeOfInstance(instance, callee), { rejected, calls })
    }
  }
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] === -1 || fail[p] !== Fail.ok) continue
    const own = passed.get(edgeOfInstance(forest.instance[p], forest.callee[p]))
    if (own === undefined) continue
    const after = lowerBound(own.rejected, forest.start[p])
    if (after > 0 && own.rejected[after] !== forest.start[p])
      keepFirst(own.calls, after - 1, forest.start[p], forest.end[p])
  }
  return new Map([...passed].map(([edge, { calls }]) => [edge, calls]))
}

function keepFirst(calls: Float64Array, i: number, start: number, end: number): void {
  const [known, knownEnd] = [calls[2 * i], calls[2 * i + 1]]
  if (known < start || (known === start && knownEnd <= end)) return
  calls[2 * i] = start
  calls[2 * i + 1] = end
}

export function passedOf(seen: readonly Passed[]): Passed {
  const all = new Map<number, Float64Array>()
  for (const [edge, calls] of seen.flatMap((s) => [...s])) {
    const known = all.get(edge) ?? calls.slice()
    all.set(edge, known)
    for (let i = 0; 2 * i < calls.length; i++)
      if (!Number.isNaN(calls[2 * i])) keepFirst(known, i, calls[2 * i], calls[2 * i + 1])
  }
  return all
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
        value: `${Math.round(openMs / 100) / 10} s`,
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

/** Rejections of an instance without a good call in between are one opening. */
function openingsOf(facts: Facts, found: Found, passed: Passed): readonly Opening[] {
  const openings: Opening[] = []
  for (const [instance, rejected] of [...found.rejected].sort((a, b) => a[0] - b[0])) {
    const good = passed.get(edgeOfInstance(instance, found.callee))
    let openedAt = rejected[0]
    let closedNs = Number.POSITIVE_INFINITY
    for (let i = 0; i < rejected.length; i++) {
      // A call sent before the breaker opened may still answer after; one started later means it closed.
      const endNs = good?.[2 * i + 1] ?? Number.NaN
      if (endNs < closedNs) closedNs = endNs
      // While that one runs, others are rejected yet.
      if (closedNs > rejected[i + 1]) continue
      openings.push({
        instance: facts.system.instances[instance].name,
        openedAt: offsetMs(facts, openedAt),
        closedAt: closedNs === Number.POSITIVE_INFINITY ? null : offsetMs(facts, closedNs),
      })
      openedAt = rejected[i + 1]
      closedNs = Number.POSITIVE_INFINITY
    }
  }
  return openings.sort((a, b) => a.openedAt - b.openedAt)
}
