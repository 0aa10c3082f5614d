import type { TraceFull, TraceSpan } from '../../../aftershock/src/model/result.ts'

/** One side of a row: all spans of one path, µs. `waitedUs`: what users waited for these spans themselves. */
export type DiffSide = {
  readonly n: number
  readonly durUs: number
  readonly waitedUs: number
  readonly failed: number
}
export type Change = 'same' | 'slower' | 'faster' | 'added' | 'removed' | 'repeated' | 'failed'
export type DiffRow = {
  readonly path: string
  readonly depth: number
  readonly service: string
  readonly op: string
  readonly a: DiffSide | undefined
  readonly b: DiffSide | undefined
  /** Of the time that users waited; all rows add up to the difference of the two requests. */
  readonly deltaUs: number
  readonly change: Change
}
export type TraceDiff = {
  readonly rows: readonly DiffRow[]
  readonly totalUs: number
  readonly sameJourney: boolean
}

type Merged = {
  readonly service: string
  readonly op: string
  readonly depth: number
  readonly order: number
  n: number
  durUs: number
  waitedUs: number
  failed: number
}

/**
 * Two traces, aligned by the path of calls and operations, not by ids or times. The Δ of a row is the
 * difference in critical path spent in its spans themselves; it adds up to the whole difference.
 */
export function diffTraces(a: TraceFull, b: TraceFull): TraceDiff {
  const left = mergedPaths(a)
  const right = mergedPaths(b)
  const paths = [...new Set([...left.keys(), ...right.keys()])].toSorted(inTreeOrder(left, right))
  const rows = paths.map((path): DiffRow => {
    const one = left.get(path)
    const two = right.get(path)
    const named = two ?? one
    return {
      path,
      depth: named?.depth ?? 0,
      service: named?.service ?? '',
      op: named?.op ?? '',
      a: one && sideOf(one),
      b: two && sideOf(two),
      deltaUs: (two?.waitedUs ?? 0) - (one?.waitedUs ?? 0),
      change: changeOf(one, two),
    }
  })
  return {
    rows,
    totalUs: rows.reduce((sum, row) => sum + row.deltaUs, 0),
    sameJourney: rows[0]?.a !== undefined && rows[0]?.b !== undefined,
  }
}

function mergedPaths(trace: TraceFull): ReadonlyMap<string, Merged> {
  const byId = new Map(trace.spans.map((span) => [span.id, span]))
  const paths = new Map<string, string>()
  const pathOf = (span: TraceSpan): string => {
    const chain: TraceSpan[] = []
    let at: TraceSpan | undefined = span
    while (at !== undefined && !paths.has(at.id) && chain.length < 1000) {
      chain.push(at)
      at = at.parent === null ? undefined : byId.get(at.parent)
    }
    let path = at === undefined ? '' : (paths.get(at.id) ?? '')
    for (const next of chain.toReversed()) {
      path += `${path === '' ? '' : '\u0001'}${next.service}\u0000${next.op}\u0000${next.kind}`
      paths.set(next.id, path)
    }
    return path
  }
  const merged = new Map<string, Merged>()
  for (const span of trace.spans) {
    const path = pathOf(span)
    const found = merged.get(path) ?? {
      service: span.service,
      op: span.op,
      depth: path.split('\u0001').length - 1,
      order: merged.size,
      n: 0,
      durUs: 0,
      waitedUs: 0,
      failed: 0,
    }
    found.n += 1
    found.durUs += span.dur
    found.waitedUs += (span.crit ?? []).reduce((sum, [from, to]) => sum + to - from, 0)
    if (span.error !== undefined) found.failed += 1
    merged.set(path, found)
  }
  return merged
}

/** Parents before children, siblings in the order they began. */
function inTreeOrder(
  left: ReadonlyMap<string, Merged>,
  right: ReadonlyMap<string, Merged>,
): (a: string, b: string) => number {
  const rank = (path: string): number => right.get(path)?.order ?? left.get(path)?.order ?? 0
  return (a, b) => {
    const one = a.split('\u0001')
    const two = b.split('\u0001')
    for (let i = 0; i < Math.min(one.length, two.length); i++) {
      if (one[i] === two[i]) continue
      const difference = rank(one.slice(0, i + 1).join('\u0001')) - rank(two.slice(0, i + 1).join('\u0001'))
      return difference !== 0 ? difference : (one[i] ?? '') < (two[i] ?? '') ? -1 : 1
    }
    return one.length - two.length
  }
}

function sideOf({ n, durUs, waitedUs, failed }: Merged): DiffSide {
  return { n, durUs, waitedUs, failed }
}

function changeOf(a: Merged | undefined, b: Merged | undefined): Change {
  if (a === undefined) return 'added'
  if (b === undefined) return 'removed'
  if (b.failed > a.failed) return 'failed'
  if (b.n > a.n) return 'repeated'
  const difference = b.durUs - a.durUs
  if (Math.abs(difference) <= Math.max(2000, a.durUs * 0.1)) return 'same'
  return difference > 0 ? 'slower' : 'faster'
}
