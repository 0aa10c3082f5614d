import type { Mechanism } from '../model/result.ts'
import { edgeOfInstance } from './bursts.ts'
import { Bit } from './digest.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { Fail } from './failure.ts'
import type { Told } from './judge-steps.ts'
import {
  evidenceOf,
  failedShare,
  groupedNumber,
  type Occurrences,
  type Pick,
  perMinute,
  plural,
} from './occurrences.ts'
import { joined } from './samples.ts'

export type Opening = NonNullable<Mechanism['openings']>[number]

/** Calls that a breaker kept from the network, by edge. */
export function rejectionPick(told: Told): (p: number) => Pick | undefined {
  const { forest, fail, hidden, attribution } = told
  return (p) => {
    const isCall = forest.callee[p] !== -1
    const quiet = isCall ? -1 : hidden.quiet[p]
    if (quiet !== -1) {
      const attributed = isOpenedByFault(told, forest.service[p], quiet) ? 1 : 0
      return { caller: forest.service[p], callee: quiet, attributed }
    }
    if (isCall ? fail[p] !== Fail.rejected : hidden.callee[p] === -1) return undefined
    return {
      caller: forest.service[p],
      callee: isCall ? forest.callee[p] : hidden.callee[p],
      attributed: attribution.failed[p] === 1 ? 1 : 0,
    }
  }
}

/** An error names the breaker, rather than a pattern. */
export function saysBreaker({ forest, hidden }: Told, p: number): boolean {
  return forest.callee[p] !== -1 || hidden.how[p] === 1
}

/** Most failures of the edge in chaos and recovery were the fault's: so was the breaker they opened. */
export function isOpenedByFault({ attribution }: Told, caller: number, callee: number): boolean {
  const edge = attribution.edges.get(caller * 65536 + callee)
  return edge !== undefined && edge.attributed > 0 && edge.attributed >= 0.5 * edge.all
}

/** Instances that rejected calls to a service; and a service's good calls by instance: start, end, start, … in order, ns. */
export type Rejecting = { readonly callee: number; readonly instances: ReadonlySet<number> }
export type Passed = ReadonlyMap<number, Float64Array>

/** Good calls of instances whose breaker opened, by `edgeOfInstance`: they tell when it closed. */
export function passedSeen({ forest, fail }: Told, rejecting: readonly Rejecting[]): Passed {
  const lists = new Map<number, number[]>()
  for (const { callee, instances } of rejecting) {
    for (const instance of instances) lists.set(edgeOfInstance(instance, callee), [])
  }
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] === -1 || fail[p] !== Fail.ok) continue
    lists.get(edgeOfInstance(forest.instance[p], forest.callee[p]))?.push(forest.start[p], forest.end[p])
  }
  return new Map([...lists].map(([edge, list]) => [edge, Float64Array.from(list)]))
}

export function passedOf(seen: readonly Passed[]): Passed {
  const edges = new Set(seen.flatMap((s) => [...s.keys()]))
  return new Map(
    [...edges].map((edge) => {
      const times = joined(seen.map((s) => s.get(edge) ?? new Float64Array(0)))
      const calls = Array.from({ length: times.length / 2 }, (_, i) => [times[2 * i], times[2 * i + 1]])
      return [edge, Float64Array.from(calls.sort((a, b) => a[0] - b[0] || a[1] - b[1]).flat())]
    }),
  )
}

export function breakerOf(facts: Facts, found: Occurrences, passed: Passed): Mechanism {
  const { bits } = facts.forest
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const count = found.hits.length
  const openings = openingsOf(facts, found, passed)
  const told = found.hits.filter((p) => (bits[p] & Bit.told) !== 0).length
  const cost = failedShare(facts, found.hits)
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
    evidence: evidenceOf(facts, found.hits),
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
function openingsOf(facts: Facts, found: Occurrences, passed: Passed): readonly Opening[] {
  const { forest } = facts
  const instances = new Set(found.hits.map((p) => forest.instance[p]))
  const openings: Opening[] = []
  for (const instance of [...instances].sort((a, b) => a - b)) {
    const good = passed.get(edgeOfInstance(instance, found.callee)) ?? new Float64Array(0)
    const rejected = found.hits.filter((p) => forest.instance[p] === instance).map((p) => forest.start[p])
    let openedAt = rejected[0]
    let at = 0
    for (let i = 0; i < rejected.length; i++) {
      // A call sent before the breaker opened may still answer after; one started later means it closed.
      while (at < good.length && good[at] <= rejected[i]) at += 2
      const isClosed = at < good.length
      const nextRejected = rejected[i + 1]
      if (nextRejected !== undefined && (!isClosed || good[at] >= nextRejected)) continue
      openings.push({
        instance: forest.instances[instance].name,
        openedAt: offsetMs(facts, openedAt),
        closedAt: isClosed ? offsetMs(facts, good[at + 1]) : null,
      })
      if (nextRejected !== undefined) openedAt = nextRejected
    }
  }
  return openings.sort((a, b) => a.openedAt - b.openedAt)
}
