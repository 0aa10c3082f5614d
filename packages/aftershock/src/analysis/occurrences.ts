import type { TraceRef } from '../model/result.ts'
import { hexOf } from '../model/trace-ids.ts'
import type { Facts } from './facts.ts'
import { Outcome } from './outcomes.ts'
import { Phase } from './phases.ts'

/** What happened between a caller and a callee, at which spans. */
export type Occurrences = {
  readonly caller: number
  readonly callee: number
  /** Rows, in time's order, that the fault brought about. */
  readonly hits: readonly number[]
  /** In chaos and recovery, but not because of the fault. */
  readonly others: number
  /** In the baseline. */
  readonly before: number
}

export type Pick = { readonly caller: number; readonly callee: number; readonly attributed: 0 | 1 }

/** What was found of a kind, by edge; the most frequent first. */
export function occurrencesOf(facts: Facts, kind: string): readonly Occurrences[] {
  const found = facts.forest.finds[kind]
  const byTime = timeOrder(facts)
  const byEdge = new Map<number, number[]>([...found.besides.keys()].map((edge) => [edge, []]))
  for (let i = 0; i < found.rows.length; i++) byEdge.get(found.edges[i])?.push(found.rows[i])
  const all = [...byEdge].map(([edge, hits]) => ({
    caller: Math.floor(edge / 65536) - 1,
    callee: (edge % 65536) - 1,
    hits: hits.sort(byTime),
    ...(found.besides.get(edge) ?? { others: 0, before: 0 }),
  }))
  return all.sort((a, b) => b.hits.length - a.hits.length || a.caller - b.caller || a.callee - b.callee)
}

/** Rows by start; those at the same time by request, in which they are in order. */
export function timeOrder({ forest: { start, trace } }: Facts): (a: number, b: number) => number {
  return (a, b) => start[a] - start[b] || trace[a] - trace[b] || a - b
}

/** Fewer occurrences than this, and few against what happens anyway, are left to chance. */
export function isFinding(facts: Facts, found: Occurrences): boolean {
  const [, baselineNs, chaosNs, recoveryNs] = facts.phases.lengthNs
  const expected = baselineNs === 0 ? 0 : (found.before * (chaosNs + recoveryNs)) / baselineNs
  return found.hits.length >= 3 && found.hits.length + found.others > expected + 2 * Math.sqrt(expected)
}

export function perMinute(facts: Facts, before: number): number {
  const baselineNs = facts.phases.lengthNs[Phase.baseline]
  return baselineNs === 0 ? 0 : Math.round((before / baselineNs) * 60e9 * 100) / 100
}

export function traceIdOf(facts: Facts, trace: number): string {
  return hexOf(facts.forest.traceIds, trace * 16, 16)
}

export function refOf(facts: Facts, row: number, note?: string): TraceRef {
  const spanId = hexOf(facts.forest.spanIds, row * 8, 8)
  const traceId = traceIdOf(facts, facts.forest.trace[row])
  return note === undefined ? { traceId, spanId } : { traceId, spanId, note }
}

/** The first, the middle one and the longest: enough to see what is typical and how bad it gets. */
export function evidenceOf(facts: Facts, hits: readonly number[]): readonly TraceRef[] {
  if (hits.length === 0) return []
  const { forest } = facts
  const middle = hits[hits.length >> 1]
  const took = (p: number): number => forest.end[p] - forest.start[p]
  const worst = hits.reduce((a, b) => (took(b) > took(a) ? b : a))
  const seen = new Set<number>()
  const refs: TraceRef[] = []
  for (const [p, note] of [
    [hits[0], 'first'],
    [middle, 'typical'],
    [worst, 'worst'],
  ] as const) {
    if (seen.has(forest.trace[p])) continue
    seen.add(forest.trace[p])
    refs.push(refOf(facts, p, note))
  }
  return refs
}

/** Share of occurrences whose request failed for the user. */
export function failedShare(facts: Facts, hits: readonly number[]): number {
  if (hits.length === 0) return 0
  const { outcome, trace } = facts.forest
  const failed = hits.filter((p) => outcome[trace[p]] === Outcome.failed)
  return failed.length / hits.length
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${groupedNumber(n)} ${n === 1 ? one : many}`
}

/** 1234567 → `1,234,567`. */
export function groupedNumber(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

export function percent(share: number): string {
  const value = share * 100
  return `${value >= 10 || value === 0 ? Math.round(value) : Math.round(value * 10) / 10} %`
}
