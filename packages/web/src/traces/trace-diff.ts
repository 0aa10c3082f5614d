import type { TraceFull, TraceSpan } from '../../../aftershock/src/model/result.ts'
import { treeOf } from './waterfall-rows.ts'

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

type Counts = { n: number; durUs: number; waitedUs: number; failed: number }
/** A path of calls: the same number in both traces. Whole paths as text would not fit for deep traces. */
type Path = {
  readonly service: string
  readonly op: string
  readonly depth: number
  readonly children: number[]
  a: Counts | undefined
  b: Counts | undefined
}

/**
 * Two traces, aligned by the path of calls and operations, not by ids or times. The Δ of a row is the
 * difference in critical path spent in its spans themselves; it adds up to the whole difference.
 */
export function diffTraces(a: TraceFull, b: TraceFull): TraceDiff {
  const paths: Path[] = []
  const ids = new Map<string, number>()
  const roots: number[] = []
  // B first: where the order differs, the trace that is being explained wins.
  addPaths(b, 'b', paths, ids, roots)
  addPaths(a, 'a', paths, ids, roots)
  const rows: DiffRow[] = []
  const open = roots.toReversed()
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const path = paths[id]
    if (path === undefined) continue
    rows.push(rowOf(path, id))
    open.push(...path.children.toReversed())
  }
  return {
    rows,
    totalUs: rows.reduce((sum, row) => sum + row.deltaUs, 0),
    sameJourney: rows[0]?.a !== undefined && rows[0]?.b !== undefined,
  }
}

function rowOf(path: Path, id: number): DiffRow {
  return {
    path: String(id),
    depth: path.depth,
    service: path.service,
    op: path.op,
    a: path.a,
    b: path.b,
    deltaUs: (path.b?.waitedUs ?? 0) - (path.a?.waitedUs ?? 0),
    change: changeOf(path.a, path.b),
  }
}

function addPaths(
  trace: TraceFull,
  side: 'a' | 'b',
  paths: Path[],
  ids: Map<string, number>,
  roots: number[],
): void {
  const tree = treeOf(trace)
  const open = tree.roots.toReversed().map((span) => ({ span, parent: -1 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { span, parent } = next
    const key = `${parent}\u0000${span.service}\u0000${span.op}\u0000${span.kind}`
    let id = ids.get(key)
    if (id === undefined) {
      const depth = parent === -1 ? 0 : (paths[parent]?.depth ?? 0) + 1
      id =
        paths.push({ service: span.service, op: span.op, depth, children: [], a: undefined, b: undefined }) -
        1
      ids.set(key, id)
      if (parent === -1) roots.push(id)
      else paths[parent]?.children.push(id)
    }
    count(paths[id], side, span)
    const children = tree.childrenOf.get(span.id) ?? []
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i]
      if (child !== undefined) open.push({ span: child, parent: id })
    }
  }
}

function count(path: Path | undefined, side: 'a' | 'b', span: TraceSpan): void {
  if (path === undefined) return
  path[side] ??= { n: 0, durUs: 0, waitedUs: 0, failed: 0 }
  const counts = path[side]
  counts.n += 1
  counts.durUs += span.dur
  counts.waitedUs += (span.crit ?? []).reduce((sum, [from, to]) => sum + to - from, 0)
  if (span.error !== undefined) counts.failed += 1
}

function changeOf(a: DiffSide | undefined, b: DiffSide | undefined): Change {
  if (a === undefined) return 'added'
  if (b === undefined) return 'removed'
  if (b.failed > a.failed) return 'failed'
  if (b.n > a.n) return 'repeated'
  const difference = b.durUs - a.durUs
  if (Math.abs(difference) <= Math.max(2000, a.durUs * 0.1)) return 'same'
  return difference > 0 ? 'slower' : 'faster'
}
