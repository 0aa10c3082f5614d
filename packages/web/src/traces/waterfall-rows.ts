import type { TraceFull, TraceSpan } from '../../../aftershock/src/model/result.ts'

/** A line of the waterfall: a span, or the time a caller waited before it tried again. */
export type WaterfallRow = {
  readonly key: string
  readonly span: TraceSpan
  readonly depth: number
  readonly kind: 'span' | 'backoff'
  /** Backoff: µs; a span: its own. */
  readonly start: number
  readonly dur: number
  readonly hasChildren: boolean
  /** How many spans are folded below. */
  readonly folded: number
  /** Its parent was not received. */
  readonly orphan: boolean
}

export type Tree = {
  readonly trace: TraceFull
  readonly roots: readonly TraceSpan[]
  readonly childrenOf: ReadonlyMap<string, readonly TraceSpan[]>
  readonly sizeOf: ReadonlyMap<string, number>
  readonly known: ReadonlySet<string>
  /** µs: from the first start to the last end. */
  readonly durUs: number
}

const FOLD_ABOVE_SPANS = 2000
const FOLD_DEPTH = 6

/** The trace as a tree; spans whose parent is missing become roots. */
export function treeOf(trace: TraceFull): Tree {
  const known = new Set(trace.spans.map((span) => span.id))
  const childrenOf = new Map<string, TraceSpan[]>()
  const roots: TraceSpan[] = []
  for (const span of trace.spans) {
    if (span.parent === null || !known.has(span.parent) || span.parent === span.id) roots.push(span)
    else if (childrenOf.has(span.parent)) childrenOf.get(span.parent)?.push(span)
    else childrenOf.set(span.parent, [span])
  }
  for (const children of childrenOf.values()) children.sort((a, b) => a.start - b.start)
  roots.sort((a, b) => a.start - b.start)
  let durUs = 1
  for (const span of trace.spans) durUs = Math.max(durUs, span.start + span.dur)
  return { trace, roots, childrenOf, sizeOf: sizesOf(roots, childrenOf), known, durUs }
}

/** Number of spans below each span, without recursion: traces can be deeper than the stack. */
function sizesOf(
  roots: readonly TraceSpan[],
  childrenOf: ReadonlyMap<string, readonly TraceSpan[]>,
): ReadonlyMap<string, number> {
  const order: TraceSpan[] = []
  const open = [...roots]
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    order.push(span)
    for (const child of childrenOf.get(span.id) ?? []) open.push(child)
  }
  const sizes = new Map<string, number>()
  for (const span of order.toReversed()) {
    const children = childrenOf.get(span.id) ?? []
    sizes.set(
      span.id,
      children.reduce((sum, child) => sum + 1 + (sizes.get(child.id) ?? 0), 0),
    )
  }
  return sizes
}

/** Ids to fold at first: what lies deep in a very long trace. */
export function foldedAtFirst(tree: Tree): ReadonlySet<string> {
  if (tree.trace.spans.length <= FOLD_ABOVE_SPANS) return new Set()
  return new Set(
    rowsOf(tree, new Set())
      .filter((row) => row.depth >= FOLD_DEPTH && row.hasChildren)
      .map((row) => row.span.id),
  )
}

/** Ids of the spans above a span. */
export function ancestorsOf(tree: Tree, spanId: string | undefined): ReadonlySet<string> {
  const parents = new Map(tree.trace.spans.map((span) => [span.id, span.parent]))
  const above = new Set<string>()
  let at = spanId === undefined ? undefined : parents.get(spanId)
  while (at !== undefined && at !== null && !above.has(at)) {
    above.add(at)
    at = parents.get(at)
  }
  return above
}

/** The lines from top to bottom, without what is folded; backoff gets a line before each further attempt. */
export function rowsOf(tree: Tree, folded: ReadonlySet<string>): readonly WaterfallRow[] {
  const rows: WaterfallRow[] = []
  const seen = new Set<string>()
  const open = tree.roots
    .toReversed()
    .map((span) => ({ span, depth: 0, before: undefined as TraceSpan | undefined }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { span, depth, before } = next
    if (seen.has(span.id)) continue
    seen.add(span.id)
    const wait = before === undefined ? 0 : span.start - (before.start + before.dur)
    if (before !== undefined && wait > 0)
      rows.push({
        key: `${span.id}-wait`,
        span,
        depth,
        kind: 'backoff',
        start: span.start - wait,
        dur: wait,
        hasChildren: false,
        folded: 0,
        orphan: false,
      })
    const children = tree.childrenOf.get(span.id) ?? []
    const closed = folded.has(span.id)
    rows.push({
      key: span.id,
      span,
      depth,
      kind: 'span',
      start: span.start,
      dur: span.dur,
      hasChildren: children.length > 0,
      folded: closed ? (tree.sizeOf.get(span.id) ?? 0) : 0,
      orphan: span.parent !== null && !tree.known.has(span.parent),
    })
    if (!closed)
      for (let i = children.length - 1; i >= 0; i--) {
        const child = children[i]
        if (child !== undefined)
          open.push({ span: child, depth: depth + 1, before: attemptBefore(children, i) })
      }
  }
  return rows
}

function attemptBefore(siblings: readonly TraceSpan[], i: number): TraceSpan | undefined {
  const span = siblings[i]
  if (span === undefined || (span.attempt ?? 1) < 2) return undefined
  return siblings
    .slice(0, i)
    .findLast((other) => other.op === span.op && other.attempt === (span.attempt ?? 1) - 1)
}

/** Where `e`, `f` and `r` go next. */
export function nextRow(rows: readonly WaterfallRow[], from: number, key: string): number | undefined {
  const wanted = (row: WaterfallRow): boolean =>
    row.kind === 'span' &&
    (key === 'e'
      ? row.span.error !== undefined
      : key === 'f'
        ? row.span.fault !== undefined
        : (row.span.attempt ?? 1) > 1)
  for (let step = 1; step <= rows.length; step++) {
    const at = (from + step) % rows.length
    const row = rows[at]
    if (row !== undefined && wanted(row)) return at
  }
  return undefined
}

/** µs of work that went on after its caller had left: below each call given up, nested spans count once. */
export function abandonedSumUs({ trace }: Tree): number {
  const byId = new Map(trace.spans.map((span) => [span.id, span]))
  const topOf = (span: TraceSpan): string => {
    const seen = new Set([span.id])
    let top = span
    for (;;) {
      const parent = top.parent === null ? undefined : byId.get(top.parent)
      if (parent === undefined || (parent.abandonedUs ?? 0) <= 0 || seen.has(parent.id)) return top.id
      seen.add(parent.id)
      top = parent
    }
  }
  const abandoned = trace.spans.filter((span) => (span.abandonedUs ?? 0) > 0)
  return [...Map.groupBy(abandoned, topOf).values()].reduce((sum, spans) => sum + unionUs(spans), 0)
}

/** A server span may end when its caller hangs up, and what it began go on below it: the longer one counts. */
function unionUs(spans: readonly TraceSpan[]): number {
  let covered = 0
  let upTo = -Infinity
  const parts = spans.map((span) => {
    const end = span.start + span.dur
    return [end - (span.abandonedUs ?? 0), end] as const
  })
  for (const [from, to] of parts.toSorted((a, b) => a[0] - b[0])) {
    if (to <= upTo) continue
    covered += to - Math.max(from, upTo)
    upTo = to
  }
  return covered
}
