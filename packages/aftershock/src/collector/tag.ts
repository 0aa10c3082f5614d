import { type Resource, SpanMark, type SpanTable } from '../model/span-table.ts'
import type { TargetFacts } from '../model/window.ts'

/** One injection of one fault, with bounds (design.md 2): outside `possible` it was surely not in force. */
export type TagWindow = {
  readonly experiment: {
    readonly id: string
    readonly name: string
    /** Chaos Mesh kind, for example `NetworkChaos`. */
    readonly kind: string
    readonly action: string | undefined
  }
  /** `endNs` undefined: still in force. */
  readonly possible: OpenInterval
  readonly certain: OpenInterval
  readonly targets: readonly TargetFacts[]
}

export type OpenInterval = { readonly startNs: bigint; readonly endNs: bigint | undefined }

/** What tagging needs of a SpanTable; a builder's columns will do. */
export type TaggableSpans = Pick<
  SpanTable,
  'epochNs' | 'startNs' | 'durationNs' | 'resource' | 'resources'
> & {
  readonly marks: Uint8Array
}

/** Windows made ready for the binary search; times are ns since `epochNs`. */
export type Tagger = {
  /** Marks rows `from` … `to` anew. Bits set by evidence (`SpanMark.impact`) stay. */
  tag(spans: TaggableSpans, from: number, to: number): void
  /** The same for one span that is in no table, with the window that speaks for it: on a target, certain, latest. */
  tagOne(startNs: bigint, endNs: bigint, resource: Resource): Tag
  /** As `tagOne`, with times in ns since `epochNs`. */
  tagAt(startNs: number, endNs: number, resource: Resource): Tag
  readonly epochNs: bigint
}

export type Tag = { readonly marks: number; readonly window: TagWindow | undefined }

type Prepared = {
  readonly window: TagWindow
  readonly possibleStart: number
  readonly possibleEnd: number
  readonly certainStart: number
  readonly certainEnd: number
}

const OUTSIDE = 0
const NO_TAG = { marks: OUTSIDE, window: undefined, rank: -1 } as const

/**
 * Marks spans by what was injected while they ran: a span counts as in a window as soon as it overlaps it
 * (one that began before the fault and was caught by it is in).
 *
 * Windows may overlap. Cost: about 15 ns a span with 50 windows.
 */
export function taggerOf(windows: readonly TagWindow[], epochNs: bigint): Tagger {
  const prepared = windows.map((window) => prepare(window, epochNs))
  prepared.sort((a, b) => a.possibleStart - b.possibleStart)
  const starts = Float64Array.from(prepared, (p) => p.possibleStart)
  // The latest end of this window and all before it: where to stop walking back.
  const latestEnds = new Float64Array(prepared.length)
  prepared.forEach((p, i) => {
    latestEnds[i] = Math.max(p.possibleEnd, i === 0 ? Number.NEGATIVE_INFINITY : (latestEnds[i - 1] ?? 0))
  })
  const overlapping = (start: number, end: number, visit: (p: Prepared, bits: number) => void): void => {
    for (let i = lastAtOrBefore(starts, end); i >= 0 && (latestEnds[i] as number) > start; i--) {
      const p = prepared[i] as Prepared
      const bits = bitsOf(p, start, end)
      if (bits !== OUTSIDE) visit(p, bits)
    }
  }
  const tagAt = (startNs: number, endNs: number, resource: Resource): Tag => {
    let best: Tag & { readonly rank: number } = NO_TAG
    overlapping(startNs, endNs, (p, bits) => {
      const isTarget = p.window.targets.some((target) => matches(target, resource, false))
      const rank = (isTarget ? 2 : 0) + (bits === SpanMark.active ? 1 : 0)
      if (rank > best.rank) best = { marks: isTarget ? bits | SpanMark.target : bits, window: p.window, rank }
    })
    return best
  }
  return {
    tag: (spans, from, to) => {
      if (prepared.length > 0) markRows(spans, from, to, overlapping)
      else
        for (let row = from; row < to; row++)
          spans.marks[row] = (spans.marks[row] as number) & SpanMark.impact
    },
    tagOne: (startNs, endNs, resource) => tagAt(Number(startNs - epochNs), Number(endNs - epochNs), resource),
    tagAt,
    epochNs,
  }
}

function markRows(
  spans: TaggableSpans,
  from: number,
  to: number,
  overlapping: (start: number, end: number, visit: (p: Prepared, bits: number) => void) => void,
): void {
  const { marks, startNs, durationNs, resource, resources } = spans
  const targeted = new Map<Prepared, Uint8Array>()
  let bits = 0
  let owner = 0
  const gather = (p: Prepared, found: number): void => {
    let known = targeted.get(p)
    if (known === undefined) {
      known = targetsOf(p.window, resources)
      targeted.set(p, known)
    }
    bits |= found | (known[owner] as number)
  }
  for (let row = from; row < to; row++) {
    const start = startNs[row] as number
    bits = 0
    owner = resource[row] as number
    overlapping(start, start + (durationNs[row] as number), gather)
    if ((bits & SpanMark.active) !== 0) bits &= ~SpanMark.possible
    marks[row] = ((marks[row] as number) & SpanMark.impact) | bits
  }
}

/** By resource: `SpanMark.target` for those that are targets of the window. */
function targetsOf(window: TagWindow, resources: readonly Resource[]): Uint8Array {
  const found = new Uint8Array(resources.length)
  for (const target of window.targets) {
    const isNamed = resources.some((resource) => isNamedBy(target, resource))
    resources.forEach((resource, id) => {
      if (matches(target, resource, isNamed)) found[id] = SpanMark.target
    })
  }
  return found
}

function prepare(window: TagWindow, epochNs: bigint): Prepared {
  const end = (interval: OpenInterval): number =>
    interval.endNs === undefined ? Number.POSITIVE_INFINITY : Number(interval.endNs - epochNs)
  return {
    window,
    possibleStart: Number(window.possible.startNs - epochNs),
    possibleEnd: end(window.possible),
    certainStart: Number(window.certain.startNs - epochNs),
    certainEnd: end(window.certain),
  }
}

/** Half-open windows; a span without duration is in when its moment is. */
function bitsOf(p: Prepared, start: number, end: number): number {
  if (start < p.certainEnd && end >= p.certainStart && p.certainStart < p.certainEnd) return SpanMark.active
  // An empty window is none, even for a span that ends where it lies.
  const isOpen = p.possibleStart < p.possibleEnd
  return isOpen && start < p.possibleEnd && end >= p.possibleStart ? SpanMark.possible : OUTSIDE
}

function lastAtOrBefore(starts: Float64Array, moment: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] as number) <= moment) low = middle + 1
    else high = middle
  }
  return low - 1
}

function isNamedBy(target: TargetFacts, resource: Resource): boolean {
  return target.pods.includes(resource.pod) || target.pods.includes(resource.instance)
}

/**
 * Whether telemetry of this resource comes from the target; what telemetry does not say cannot contradict.
 *
 * @param anyNamed - whether some resource is one of the target's pods by name
 */
function matches(target: TargetFacts, resource: Resource, anyNamed: boolean): boolean {
  if (isNamedBy(target, resource)) return true
  if (target.service !== resource.service) return false
  if (target.namespace !== undefined && resource.namespace !== '' && target.namespace !== resource.namespace)
    return false
  // An instance that does not know its pod: the service decides, unless another is the named one.
  return target.pods.length === 0 || (resource.pod === '' && !anyNamed)
}
