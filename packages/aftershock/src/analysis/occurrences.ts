import type { TraceRef } from '../model/result.ts'
import { hexOf } from '../model/trace-ids.ts'
import type { Facts } from './facts.ts'
import { Outcome } from './outcomes.ts'
import { Phase } from './phases.ts'

/** What happened between a caller and a callee, at which spans. */
export type Occurrences = {
  readonly caller: number
  readonly callee: number
  /** Positions, in time's order, that the fault brought about. */
  readonly hits: readonly number[]
  /** In chaos and recovery, but not because of the fault. */
  readonly others: number
  /** In the baseline. */
  readonly before: number
}

export type Pick = { readonly caller: number; readonly callee: number; readonly attributed: 0 | 1 }

/** Groups what `pick` finds by edge; edges in a fixed order. */
export function occurrencesOf(facts: Facts, pick: (p: number) => Pick | undefined): readonly Occurrences[] {
  const { forest, phases } = facts
  const byEdge = new Map<
    number,
    { caller: number; callee: number; hits: number[]; others: number; before: number }
  >()
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (phase === Phase.none) continue
    const found = pick(p)
    if (found === undefined) continue
    const key = (found.caller + 1) * 65536 + found.callee + 1
    let edge = byEdge.get(key)
    if (edge === undefined) {
      edge = { caller: found.caller, callee: found.callee, hits: [], others: 0, before: 0 }
      byEdge.set(key, edge)
    }
    if (phase === Phase.baseline) edge.before += 1
    else if (found.attributed === 1) edge.hits.push(p)
    else edge.others += 1
  }
  for (const edge of byEdge.values()) edge.hits.sort((a, b) => forest.start[a] - forest.start[b] || a - b)
  return [...byEdge.values()].sort(
    (a, b) => b.hits.length - a.hits.length || a.caller - b.caller || a.callee - b.callee,
  )
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

export function traceIdOf(facts: Facts, p: number): string {
  return hexOf(facts.forest.table.traceIds, facts.forest.row[p] * 16, 16)
}

export function refOf(facts: Facts, p: number, note?: string): TraceRef {
  const spanId = hexOf(facts.forest.table.spanIds, facts.forest.row[p] * 8, 8)
  const traceId = traceIdOf(facts, p)
  return note === undefined ? { traceId, spanId } : { traceId, spanId, note }
}

/** The first, the middle one and the longest: enough to see what is typical and how bad it gets. */
export function evidenceOf(facts: Facts, hits: readonly number[]): readonly TraceRef[] {
  if (hits.length === 0) return []
  const { forest } = facts
  const middle = hits[hits.length >> 1]
  const took = (p: number): number => forest.end[p] - forest.start[p]
  const worst = hits.reduce((a, b) => (took(b) > took(a) ? b : a))
  const seen = new Set<string>()
  const refs: TraceRef[] = []
  for (const [p, note] of [
    [hits[0], 'first'],
    [middle, 'typical'],
    [worst, 'worst'],
  ] as const) {
    if (seen.has(traceIdOf(facts, p))) continue
    seen.add(traceIdOf(facts, p))
    refs.push(refOf(facts, p, note))
  }
  return refs
}

/** Share of occurrences whose request failed for the user. */
export function failedShare(facts: Facts, hits: readonly number[]): number {
  if (hits.length === 0) return 0
  const failed = hits.filter((p) => facts.outcomes.outcome[facts.forest.trace[p]] === Outcome.failed)
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
