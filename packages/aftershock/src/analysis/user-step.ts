import { leastOf } from '../model/extremes.ts'
import type { Step } from '../model/result.ts'
import { quantileOf } from './compare.ts'
import { GRPC } from './digest.ts'
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
  const { forest } = facts
  const inChaos = e.traces[Phase.chaos].length
  const during = traces.filter((t) => forest.ofPhase[t] === Phase.chaos).length
  const after = traces.length - during
  const entries = traces.map((t) => forest.entry[t])
  const names = { [Outcome.failed]: 'failed', [Outcome.slow]: 'slow' } as Readonly<Record<number, string>>
  const name = names[outcome] ?? 'absorbed'
  return {
    id: `user:${name}:${e.entry}`,
    n: 0,
    at: offsetMs(facts, leastOf(entries.map((p) => forest.end[p]))),
    where: { service: 'users', op: e.label },
    kind: 'user',
    text: textOf(facts, outcome, traces),
    detail: detailOf(facts, e, outcome, after, passedOnBy(facts, traces, reacting)),
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
  traces: readonly number[],
  reacting: ReadonlySet<number>,
): readonly string[] {
  const { way, paths } = facts.forest
  const counts = new Map<number, number>()
  for (const t of traces) {
    if (way[t] === -1) continue
    for (const s of paths[way[t]].split('>').map(Number)) counts.set(s, (counts.get(s) ?? 0) + 1)
  }
  const depth = hopsFrom(facts)
  return [...counts]
    .filter(([s, n]) => n >= traces.length / 2 && !facts.targets.has(s) && !reacting.has(s))
    .sort((a, b) => depth[a[0]] - depth[b[0]] || a[0] - b[0])
    .map(([s]) => nameOf(facts, s))
}

function listOf(names: readonly string[]): string {
  return names.length < 2
    ? (names[0] ?? '')
    : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`
}

function textOf(facts: Facts, outcome: number, traces: readonly number[]): string {
  if (outcome === Outcome.absorbed) return 'users saw no failure'
  if (outcome === Outcome.failed) return `users got ${answerOf(facts, traces)}`
  const { forest } = facts
  const entries = traces.map((t) => forest.entry[t])
  const middle = (values: number[]): number =>
    quantileOf(
      values.sort((a, b) => a - b),
      0.5,
    )
  const took = middle(entries.map((p) => (forest.end[p] - forest.start[p]) / 1e6))
  const without = middle(traces.map((t) => forest.withoutNs[t] / 1e6))
  return `users waited ${formatMs(took)} instead of ${formatMs(without)}`
}

/** The most frequent answer: `503`, `gRPC 14`, else `errors`. */
export function answerOf({ forest }: Facts, traces: readonly number[]): string {
  const counts = new Map<string, number>()
  for (const t of traces) {
    const code = forest.answer[t]
    const text = code === 0 ? 'errors' : code < GRPC ? String(code) : `gRPC ${code - GRPC}`
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? 'errors'
}
