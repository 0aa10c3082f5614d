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
  /** The window that speaks for a row (a certain one on a target first), if any. */
  windowOf(spans: TaggableSpans, row: number): TagWindow | undefined
}

type Prepared = {
  readonly window: TagWindow
  readonly possibleStart: number
  readonly possibleEnd: number
  readonly certainStart: number
  readonly certainEnd: number
  /** By resource: 0 not asked yet, 1 no target, 2 target. */
  readonly targeted: number[]
}

const OUTSIDE = 0

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
  const resourcesSeen: { of: readonly Resource[] | undefined } = { of: undefined }

  const each = (spans: TaggableSpans, row: number, visit: (p: Prepared, bits: number) => void): void => {
    const start = spans.startNs[row] as number
    const end = start + (spans.durationNs[row] as number)
    for (let i = lastAtOrBefore(starts, end); i >= 0 && (latestEnds[i] as number) > start; i--) {
      const p = prepared[i] as Prepared
      const bits = bitsOf(p, start, end)
      if (bits === OUTSIDE) continue
      const resource = spans.resource[row] as number
      visit(p, isTargeted(p, resource, spans.resources) ? bits | SpanMark.target : bits)
    }
  }
  const forgetOtherResources = (resources: readonly Resource[]): void => {
    if (resourcesSeen.of === resources) return
    resourcesSeen.of = resources
    for (const p of prepared) p.targeted.length = 0
  }
  return {
    tag: (spans, from, to) => {
      forgetOtherResources(spans.resources)
      const { marks } = spans
      let bits = 0
      const gather = (_: Prepared, found: number): void => {
        bits |= found
      }
      for (let row = from; row < to; row++) {
        bits = 0
        if (prepared.length > 0) each(spans, row, gather)
        if ((bits & SpanMark.active) !== 0) bits &= ~SpanMark.possible
        marks[row] = ((marks[row] as number) & SpanMark.impact) | bits
      }
    },
    windowOf: (spans, row) => {
      forgetOtherResources(spans.resources)
      let best: { readonly window: TagWindow; readonly rank: number } | undefined
      each(spans, row, (p, bits) => {
        const rank = ((bits & SpanMark.target) !== 0 ? 2 : 0) + ((bits & SpanMark.active) !== 0 ? 1 : 0)
        if (best === undefined || rank >= best.rank) best = { window: p.window, rank }
      })
      return best?.window
    },
  }
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
    targeted: [],
  }
}

/** Half-open windows; a span without duration is in when its moment is. */
function bitsOf(p: Prepared, start: number, end: number): number {
  if (start < p.certainEnd && end >= p.certainStart && p.certainStart < p.certainEnd) return SpanMark.active
  return start < p.possibleEnd && end >= p.possibleStart ? SpanMark.possible : OUTSIDE
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

function isTargeted(p: Prepared, resource: number, resources: readonly Resource[]): boolean {
  let known = p.targeted[resource]
  if (known === undefined) {
    const owner = resources[resource]
    known =
      owner !== undefined && p.window.targets.some((target) => matches(target, owner, resources)) ? 2 : 1
    p.targeted[resource] = known
  }
  return known === 2
}

/** Whether telemetry of this resource comes from the target; what telemetry does not say cannot contradict. */
function matches(target: TargetFacts, resource: Resource, resources: readonly Resource[]): boolean {
  const isNamed = (one: Resource): boolean =>
    target.pods.includes(one.pod) || target.pods.includes(one.instance)
  if (isNamed(resource)) return true
  if (target.service !== resource.service) return false
  if (target.namespace !== undefined && resource.namespace !== '' && target.namespace !== resource.namespace)
    return false
  if (target.pods.length === 0) return true
  // An instance that does not know its pod: the service decides, unless a sibling is the named one.
  return resource.pod === '' && !resources.some((one) => one.service === target.service && isNamed(one))
}
