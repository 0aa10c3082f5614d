import { durationText } from '../../model/numbers.ts'
import type { Step } from '../../model/result.ts'
import { Phase } from '../assemble/phases.ts'
import { joinedHits } from '../findings/entry-tallies.ts'
import { evidenceOf } from '../findings/examples.ts'
import { type Facts, nameOf, offsetMs } from '../findings/facts.ts'
import { groupedNumber } from '../findings/occurrences.ts'
import { GRPC, type RequestClass } from '../findings/request-classes.ts'
import { Outcome } from '../judge/outcomes.ts'
import { type Distribution, quantileIn } from '../numbers/distribution.ts'
import { addTo } from '../numbers/sums.ts'
import { countOf, type Entry, effectOn, valuesOf } from './entries.ts'
import { hopsFrom } from './hops.ts'

/**
 * What users of an entry saw: always the last step.
 *
 * @param requests - those of chaos and recovery with this outcome that are attributed
 * @param reacting - services with a step of their own: they did more than pass the failure on
 */
export function userStep(
  facts: Facts,
  e: Entry,
  outcome: number,
  requests: readonly RequestClass[],
  reacting: ReadonlySet<number>,
): Step {
  const { hits } = facts.digest.entries
  const inChaos = countOf(e.phases[Phase.chaos])
  // Text and count are of the same requests: those of the chaos window, where there are any.
  const ofChaos = requests.filter((one) => one.phase === Phase.chaos)
  const during = countOf(ofChaos)
  const after = countOf(requests) - during
  // Messages that nobody took up before: there is nothing to count while the fault was on.
  const isAfter = outcome === Outcome.late && inChaos === 0
  const { firstEndNs, examples } = joinedHits(e.asked.flatMap((op) => hits.get(op * 8 + outcome) ?? []))
  const name = NAMES[outcome] ?? 'absorbed'
  return {
    id: `user:${name}:${e.entry}`,
    n: 0,
    at: offsetMs(facts, firstEndNs),
    where: { service: 'users', op: e.label },
    kind: 'user',
    text: textOf(facts, e, outcome, during === 0 ? requests : ofChaos),
    detail: detailOf(e, outcome, isAfter ? 0 : after, passedOnBy(facts, requests, reacting)),
    grade: 'observed',
    rule: {
      id: `user.${name}`,
      text: RULES[name],
    },
    count: isAfter ? after : during,
    of: isAfter ? after : inChaos,
    unit: `${e.label} requests`,
    causes: [],
    evidence: evidenceOf(examples),
  }
}

const NAMES: Readonly<Record<number, keyof typeof RULES>> = {
  [Outcome.failed]: 'failed',
  [Outcome.slow]: 'slow',
  [Outcome.late]: 'late',
}

const RULES = {
  failed: 'The request failed, and a path in its own trace leads to the fault.',
  slow: 'Succeeded, slower than the baseline’s p99 and than twice what it would have taken (estimate).',
  absorbed: 'Something failed below because of the fault, and the request succeeded all the same.',
  late: 'Nothing failed, but a message of it lay longer because of the fault before it was taken up.',
} as const

/** What the count (requests of the chaos window) does not say. */
function detailOf(e: Entry, outcome: number, after: number, passedOn: readonly string[]): string {
  const effect = effectOn(e.phases[Phase.chaos])
  const by = outcome === Outcome.failed ? passedOn : []
  const slow = outcome === Outcome.failed ? effect.slow : 0
  return [
    ...(after === 0 ? [] : [`${groupedNumber(after)} more after it ended`]),
    ...(slow === 0 ? [] : [`${groupedNumber(slow)} more ${slow === 1 ? 'was' : 'were'} slow`]),
    ...(by.length === 0 ? [] : [`passed on by ${listOf(by)}`]),
  ].join('; ')
}

/** Services that handed the failure up without a reaction of their own, from the fault to the users. */
function passedOnBy(
  facts: Facts,
  requests: readonly RequestClass[],
  reacting: ReadonlySet<number>,
): readonly string[] {
  const counts = new Map<number, number>()
  for (const { way, n } of requests) for (const s of way) addTo(counts, s, n)
  const depth = hopsFrom(facts)
  return [...counts]
    .filter(([s, n]) => n >= countOf(requests) / 2 && !facts.targets.has(s) && !reacting.has(s))
    .sort((a, b) => depth[a[0]] - depth[b[0]] || a[0] - b[0])
    .map(([s]) => nameOf(facts, s))
}

function listOf(names: readonly string[]): string {
  return names.length < 2
    ? (names[0] ?? '')
    : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`
}

function textOf(facts: Facts, e: Entry, outcome: number, requests: readonly RequestClass[]): string {
  if (outcome === Outcome.absorbed) return 'users saw no failure'
  if (outcome === Outcome.late) return 'users saw no failure, but what they sent came late'
  if (outcome === Outcome.failed) return `users got ${answerOf(requests)}`
  const { took, without } = slowTimes(facts, e, [...new Set(requests.map((one) => one.phase))])
  return `users waited ${took} instead of ${without}`
}

/** What slow requests took in the middle, and what they would have taken. */
export function slowTimes(
  { digest: { entries } }: Facts,
  e: Entry,
  phases: readonly number[],
): Readonly<Record<'took' | 'without', string>> {
  const middle = (values: ReadonlyMap<number, Distribution>): string =>
    durationText(quantileIn(valuesOf(e, values, phases), 0.5))
  return { took: middle(entries.slowMs), without: middle(entries.withoutMs) }
}

/** The most frequent answer: `503`, `gRPC 14`, else `errors`. */
export function answerOf(requests: readonly RequestClass[]): string {
  const counts = new Map<string, number>()
  for (const { answer: code, n } of requests) {
    const text = code === 0 ? 'errors' : code < GRPC ? String(code) : `gRPC ${code - GRPC}`
    addTo(counts, text, n)
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? 'errors'
}
