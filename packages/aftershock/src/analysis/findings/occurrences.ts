import { Phase } from '../assemble/phases.ts'
import type { Told } from '../judge/told.ts'
import type { Facts } from './facts.ts'
import type { Found } from './found.ts'

export type Pick = { readonly caller: number; readonly callee: number; readonly attributed: 0 | 1 }

/** The edge of a call, and whether it failed because of the fault. */
export function pickOfCall({ forest, attribution }: Told, p: number): Pick {
  const attributed = attribution.failed[p] !== 0 ? 1 : 0
  return { caller: forest.service[p], callee: forest.callee[p], attributed }
}

/** The same, of kinds of which every call that failed so is one. */
export function callPick(told: Told): (p: number) => Pick {
  return (p) => pickOfCall(told, p)
}

/** What was found of a kind, by edge; the most frequent first. */
export function occurrencesOf(facts: Facts, kind: string): readonly Found[] {
  return [...facts.digest.found.values()]
    .filter((found) => found.kind === kind)
    .sort((a, b) => b.count - a.count || a.caller - b.caller || a.callee - b.callee)
}

/** Fewer occurrences than this, and few against what happens anyway, are left to chance. */
export function isFinding(facts: Facts, { count, others, before }: Found): boolean {
  const [, baselineNs, chaosNs, recoveryNs] = facts.phases.lengthNs
  const expected = baselineNs === 0 ? 0 : (before * (chaosNs + recoveryNs)) / baselineNs
  return count >= 3 && count + others > expected + 2 * Math.sqrt(expected)
}

export function perMinute(facts: Facts, before: number): number {
  const baselineNs = facts.phases.lengthNs[Phase.baseline]
  return baselineNs === 0 ? 0 : Math.round((before / baselineNs) * 60e9 * 100) / 100
}

/** Share of occurrences whose request failed for the user. */
export function failedShare({ lost, count }: Found): number {
  return count === 0 ? 0 : lost / count
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${groupedNumber(n)} ${n === 1 ? one : many}`
}

/** 1234567 → `1,234,567`. */
export function groupedNumber(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}
