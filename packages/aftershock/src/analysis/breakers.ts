import type { Mechanism } from '../model/result.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { Fail } from './failure.ts'
import {
  evidenceOf,
  failedShare,
  groupedNumber,
  type Occurrences,
  occurrencesOf,
  perMinute,
  plural,
} from './occurrences.ts'

export type Opening = NonNullable<Mechanism['openings']>[number]

/** Calls that a breaker kept from the network, by edge, with its openings on each caller instance. */
export function rejectionOccurrences(facts: Facts): readonly Occurrences[] {
  const { forest, fail, hidden, attribution } = facts
  return occurrencesOf(facts, (p) => {
    const isCall = forest.callee[p] !== -1
    const quiet = isCall ? -1 : hidden.quiet[p]
    if (quiet !== -1) {
      const attributed = isOpenedByFault(facts, forest.service[p], quiet) ? 1 : 0
      return { caller: forest.service[p], callee: quiet, attributed }
    }
    if (isCall ? fail[p] !== Fail.rejected : hidden.callee[p] === -1) return undefined
    return {
      caller: forest.service[p],
      callee: isCall ? forest.callee[p] : hidden.callee[p],
      attributed: attribution.failed[p] === 1 ? 1 : 0,
    }
  })
}

/** Most failures of the edge in chaos and recovery were the fault's: so was the breaker they opened. */
export function isOpenedByFault(facts: Facts, caller: number, callee: number): boolean {
  const edge = facts.attribution.edges.get(caller * 65536 + callee)
  return edge !== undefined && edge.attributed > 0 && edge.attributed >= 0.5 * edge.all
}

export function breakerOf(facts: Facts, found: Occurrences): Mechanism {
  const { forest, hidden } = facts
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const count = found.hits.length
  const openings = openingsOf(facts, found)
  const told = found.hits.filter((p) => forest.callee[p] !== -1 || hidden.how[p] === 1).length
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
function openingsOf(facts: Facts, found: Occurrences): readonly Opening[] {
  const { forest, fail } = facts
  const good = new Map<number, number[]>()
  const instances = new Set(found.hits.map((p) => forest.instance[p]))
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] !== Fail.ok || forest.callee[p] !== found.callee || !instances.has(forest.instance[p]))
      continue
    const calls = good.get(forest.instance[p])
    if (calls === undefined) good.set(forest.instance[p], [p])
    else calls.push(p)
  }
  const openings: Opening[] = []
  for (const instance of [...instances].sort((a, b) => a - b)) {
    const passed = (good.get(instance) ?? []).sort((a, b) => forest.start[a] - forest.start[b])
    const rejected = found.hits.filter((p) => forest.instance[p] === instance).map((p) => forest.start[p])
    let openedAt = rejected[0]
    for (let i = 0; i < rejected.length; i++) {
      // A call sent before the breaker opened may still answer after; one started later means it closed.
      const closed = passed.find((p) => forest.start[p] > rejected[i])
      const nextRejected = rejected[i + 1]
      if (nextRejected !== undefined && (closed === undefined || forest.start[closed] >= nextRejected))
        continue
      openings.push({
        instance: forest.instances[instance].name,
        openedAt: offsetMs(facts, openedAt),
        closedAt: closed === undefined ? null : offsetMs(facts, forest.end[closed]),
      })
      if (nextRejected !== undefined) openedAt = nextRejected
    }
  }
  return openings.sort((a, b) => a.openedAt - b.openedAt)
}
