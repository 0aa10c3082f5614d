import type { Step } from '../model/result.ts'
import { quantileOf } from './compare.ts'
import { type EntryTraces, effectOn } from './entries.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { hopsFrom } from './hops.ts'
import { evidenceOf, groupedNumber } from './occurrences.ts'
import { Outcome } from './outcomes.ts'
import { Phase } from './phases.ts'
import { formatMs } from './timeouts.ts'

/**
 * What users of an entry saw: always the last step.
 *
 * @param reacting - services with a step of their own: they did more than pass the failure on
 */
export function userStep(
  facts: Facts,
  e: EntryTraces,
  outcome: number,
  traces: readonly number[],
  reacting: ReadonlySet<number>,
): Step {
  const { forest, phases } = facts
  const inChaos = e.traces[Phase.chaos].length
  const during = traces.filter((t) => phases.ofTrace[t] === Phase.chaos).length
  const after = traces.length - during
  const entries = traces.map((t) => forest.entry[t])
  const names = { [Outcome.failed]: 'failed', [Outcome.slow]: 'slow' } as Readonly<Record<number, string>>
  const name = names[outcome] ?? 'absorbed'
  return {
    id: `user:${name}:${e.entry}`,
    n: 0,
    at: offsetMs(facts, Math.min(...entries.map((p) => forest.end[p]))),
    where: { service: 'users', op: e.label },
    kind: 'user',
    text: textOf(facts, outcome, entries),
    detail: detailOf(facts, e, outcome, after, passedOnBy(facts, entries, reacting)),
    grade: 'observed',
    rule: {
      id: `user.${name}`,
      text:
        outcome === Outcome.slow
          ? 'Succeeded, slower than the baseline’s p99 and than twice what it would have taken (estimate).'
          : outcome === Outcome.failed
            ? 'The request failed, and a path in its own trace leads to the fault.'
            : 'Something failed below because of the fault, and the request succeeded all the same.',
    },
    count: during,
    of: inChaos,
    unit: `${e.label} requests`,
    causes: [],
    evidence: evidenceOf(facts, entries),
  }
}

/** What the count (requests of the chaos window) does not say. */
function detailOf(
  facts: Facts,
  e: EntryTraces,
  outcome: number,
  after: number,
  passedOn: readonly string[],
): string {
  const effect = effectOn(facts, e.traces[Phase.chaos])
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
  entries: readonly number[],
  reacting: ReadonlySet<number>,
): readonly string[] {
  const { forest, origins } = facts
  const counts = new Map<number, number>()
  for (const entry of entries) {
    const way: number[] = []
    for (let p = entry; p !== -1; p = origins.cause[p]) {
      if (forest.callee[p] === -1 && origins.cause[p] !== -1) way.push(forest.service[p])
    }
    for (const s of new Set(way)) counts.set(s, (counts.get(s) ?? 0) + 1)
  }
  const depth = hopsFrom(facts)
  return [...counts]
    .filter(([s, n]) => n >= entries.length / 2 && !facts.targets.has(s) && !reacting.has(s))
    .sort((a, b) => depth[a[0]] - depth[b[0]] || a[0] - b[0])
    .map(([s]) => nameOf(facts, s))
}

function listOf(names: readonly string[]): string {
  return names.length < 2
    ? (names[0] ?? '')
    : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`
}

function textOf(facts: Facts, outcome: number, entries: readonly number[]): string {
  if (outcome === Outcome.absorbed) return 'users saw no failure'
  if (outcome === Outcome.failed) return `users got ${answerOf(facts, entries)}`
  const { forest, attribution } = facts
  const middle = (values: number[]): number =>
    quantileOf(
      values.sort((a, b) => a - b),
      0.5,
    )
  const took = middle(entries.map((p) => (forest.end[p] - forest.start[p]) / 1e6))
  const without = middle(entries.map((p) => attribution.durationNs[p] / 1e6))
  return `users waited ${formatMs(took)} instead of ${formatMs(without)}`
}

/** The most frequent answer: `503`, `gRPC 14`, else `errors`. */
export function answerOf(facts: Facts, entries: readonly number[]): string {
  const { table, row } = facts.forest
  const counts = new Map<string, number>()
  for (const p of entries) {
    const http = table.httpStatus[row[p]]
    const grpc = table.grpcStatus[row[p]]
    const text = http >= 400 ? String(http) : grpc > 0 && grpc !== 255 ? `gRPC ${grpc}` : 'errors'
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? 'errors'
}
