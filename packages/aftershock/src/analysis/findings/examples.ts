import type { TraceRef } from '../../model/result.ts'
import { traceHash } from '../../model/trace-hash.ts'
import { hexOf } from '../../model/trace-ids.ts'
import type { Forest } from '../assemble/forest.ts'

/** A span that is shown, and what puts it in order among others. */
export type Shown = {
  readonly traceId: string
  readonly spanId: string
  readonly start: number
  readonly end: number
  /** First start of its request as it was sent, ns. */
  readonly firstNs: number
  /** See `traceHash`. */
  readonly hash: number
}

/** Of many the first, the one whose trace has the least hash, and the longest: enough to see what is typical and how bad it gets. */
export type Examples = { readonly first: Shown; readonly typical: Shown; readonly worst: Shown }

/** The same while a partition looks for them: positions, -1 before the first. */
export type Seeking = { first: number; typical: number; worst: number; leastHash: number }

export function seeking(): Seeking {
  return { first: -1, typical: -1, worst: -1, leastHash: Number.POSITIVE_INFINITY }
}

/** @param p - positions come in order */
export function seek(of: Seeking, { start, end, table, row }: Forest, p: number): void {
  if (of.first === -1) of.first = of.worst = p
  if (start[p] < start[of.first]) of.first = p
  const more = end[p] - start[p] - (end[of.worst] - start[of.worst])
  if (more > 0 || (more === 0 && start[p] < start[of.worst])) of.worst = p
  const hash = traceHash(table.traceWords, row[p] * 4)
  if (hash >= of.leastHash) return
  of.leastHash = hash
  of.typical = p
}

export function examplesOf(of: Seeking, forest: Forest): Examples | undefined {
  return of.first === -1
    ? undefined
    : {
        first: shownAt(forest, of.first),
        typical: shownAt(forest, of.typical),
        worst: shownAt(forest, of.worst),
      }
}

export function shownAt({ table, row, start, end, trace, traceFirst }: Forest, p: number): Shown {
  return {
    traceId: hexOf(table.traceIds, row[p] * 16, 16),
    spanId: hexOf(table.spanIds, row[p] * 8, 8),
    start: start[p],
    end: end[p],
    firstNs: traceFirst[trace[p]],
    hash: traceHash(table.traceWords, row[p] * 4),
  }
}

export function joinedExamples(seen: readonly (Examples | undefined)[]): Examples | undefined {
  const all = seen.filter((one) => one !== undefined)
  if (all.length <= 1) return all[0]
  return {
    first: leastBy(
      all.map((one) => one.first),
      byTime,
    ),
    typical: leastBy(
      all.map((one) => one.typical),
      (a, b) => a.hash - b.hash || byRequest(a, b),
    ),
    worst: leastBy(
      all.map((one) => one.worst),
      (a, b) => b.end - b.start - (a.end - a.start) || byTime(a, b),
    ),
  }
}

export function leastBy<One>(all: readonly One[], compare: (a: One, b: One) => number): One {
  return all.reduce((least, one) => (compare(one, least) < 0 ? one : least))
}

/** By start; those at the same time by request. */
function byTime(a: Shown, b: Shown): number {
  return a.start - b.start || byRequest(a, b)
}

type Request = Pick<Shown, 'firstNs' | 'traceId'>

/** Requests by first start, then by id. */
export function byRequest(a: Request, b: Request): number {
  return a.firstNs - b.firstNs || (a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0)
}

export function evidenceOf(examples: Examples | undefined): readonly TraceRef[] {
  if (examples === undefined) return []
  const seen = new Set<string>()
  const refs: TraceRef[] = []
  for (const note of ['first', 'typical', 'worst'] as const) {
    if (seen.has(examples[note].traceId)) continue
    seen.add(examples[note].traceId)
    refs.push(refOf(examples[note], note))
  }
  return refs
}

export function refOf({ traceId, spanId }: Shown, note: string): TraceRef {
  return { traceId, spanId, note }
}
