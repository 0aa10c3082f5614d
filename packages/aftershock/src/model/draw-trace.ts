import { type DrawnLine, durationNsOf, readDrawnLine } from './draw-trace-line.ts'
import type { SpanInput } from './span-input.ts'
import { CLIENT } from './span-kind.ts'
import type { AttributeValue, SpanTable } from './span-table.ts'
import { SpanTableBuilder } from './span-table-builder.ts'

export type DrawnSpan = {
  readonly resource: Readonly<Record<string, AttributeValue>>
  readonly span: SpanInput
}

export type DrawingOptions = {
  /** Where offset 0 lies; default 2026-01-01T00:00:00Z, also the table's `epochNs`. */
  readonly epochNs?: bigint
  readonly attributes?: 'keep' | 'drop'
}

export const DRAWING_EPOCH_NS = 1_767_225_600_000_000_000n

type Trace = { readonly lines: DrawnLine[]; offsetsNs: readonly number[] }

/**
 * Spans from a drawing, for tests and documents.
 *
 * ```
 * @ +5s ×20 every 50ms                                   this trace begins at 5 s, and 19 more follow
 * gateway POST /checkout        0-300ms http=200
 *   gateway>order POST /pay    10-60ms  timeout          times count from the start of the trace
 *     order#1 POST /pay        12-500ms
 *       order>db INSERT        20-30ms  db.system=sqlite error message="disk full"
 *
 * gateway GET /health           0-1ms                    an empty line begins the next trace
 * ```
 * - **Who**: `service`, `service#2` (pod `service-2`; default `-0`), `caller>callee` (a client span with
 *   `peer.service`; `caller>` leaves the peer unknown).
 * - **Name**: every word up to the times. `GET /path` also sets method and route (client: `url.path`).
 * - **Times**: `0-300ms`, `1s-90s`, `10us-2ms`; units ns, us, ms, s, m.
 * - **Parent**: the nearest line above with less indentation.
 * - **Kind**: `server client internal producer consumer`; by default client after `>`, internal below a
 *   span of the same service that is no client, else server.
 * - **Then**, in any order: `ok`, `error`, `timeout` (error with `error.type=timeout`), `lost` (not in the
 *   table, so children are orphans), `http=503`, `grpc=4`, `type=ECONNREFUSED` (error.type),
 *   `message="…"`, `exception=Type:message`, `event=name@20ms`, `resend=1`, `flags=UT`, `id=a` and
 *   `link=a` (within the drawing), any other `key=value` as an attribute. Quotes keep spaces.
 * - **Header** of a trace: `@ +5s`, `×20 every 50ms` (or `x20`), or both. `//` begins a comment line.
 *
 * The n-th trace has id n (32 hex digits), the n-th span of the drawing id n (16 hex digits), both from 1.
 */
export function tableOf(drawing: string, options: DrawingOptions = {}): SpanTable {
  const epochNs = options.epochNs ?? DRAWING_EPOCH_NS
  const builder = new SpanTableBuilder({ epochNs, attributes: options.attributes ?? 'keep' })
  const resources = new Map<string, number>()
  for (const { resource, span } of spansOf(drawing, options)) {
    const pod = String(resource['k8s.pod.name'])
    let id = resources.get(pod)
    if (id === undefined) {
      id = builder.addResource(resource)
      resources.set(pod, id)
    }
    builder.addSpan(id, span)
  }
  return builder.finish()
}

/** The same spans as objects, for encoders and receivers. */
export function spansOf(drawing: string, options: DrawingOptions = {}): DrawnSpan[] {
  const epochNs = options.epochNs ?? DRAWING_EPOCH_NS
  const spans: DrawnSpan[] = []
  const labels = new Map<string, { traceId: string; spanId: string }>()
  let traces = 0
  let drawn = 0
  for (const trace of readTraces(drawing)) {
    for (const offsetNs of trace.offsetsNs) {
      const traceId = idOf(++traces, 32)
      const startNs = epochNs + BigInt(Math.round(offsetNs))
      const open: { line: DrawnLine; spanId: string; kind: number }[] = []
      for (const line of trace.lines) {
        while (open.length > 0 && (open.at(-1)?.line.indent ?? 0) >= line.indent) open.pop()
        const parent = open.at(-1)
        const spanId = idOf(++drawn, 16)
        const kind = line.kind ?? kindUnder(parent, line)
        open.push({ line, spanId, kind })
        if (line.label !== undefined) labels.set(line.label, { traceId, spanId })
        if (line.lost) continue
        const place = { traceId, spanId, parentSpanId: parent?.spanId, kind, startNs }
        spans.push({ resource: resourceFor(line), span: spanOf(line, place, labels) })
      }
    }
  }
  return spans
}

function readTraces(drawing: string): Trace[] {
  const traces: Trace[] = []
  let current: Trace | undefined
  for (const text of drawing.split('\n')) {
    const line = text.trimEnd()
    if (line.trim() === '') current = undefined
    else if (!line.trim().startsWith('//')) {
      if (current === undefined) {
        current = { lines: [], offsetsNs: [0] }
        traces.push(current)
      }
      if (/^\s*(@|×|x\d)/.test(line)) current.offsetsNs = readHeader(line.trim())
      else current.lines.push(readDrawnLine(line))
    }
  }
  return traces
}

function readHeader(line: string): number[] {
  const [, at, count = '1', every = '0ms'] =
    /^(?:@\s*(\S+))?\s*(?:[×x](\d+)(?:\s+every\s+(\S+))?)?$/.exec(line) ?? []
  if (at === undefined && count === '1')
    throw new Error(`A header is "@ +5s ×20 every 50ms": current line is ${line}`)
  const firstNs = at === undefined ? 0 : durationNsOf(at)
  return Array.from({ length: Number(count) }, (_, i) => firstNs + i * durationNsOf(every))
}

function kindUnder(parent: { readonly line: DrawnLine; readonly kind: number } | undefined, line: DrawnLine) {
  const inside = parent !== undefined && parent.kind !== CLIENT && parent.line.service === line.service
  return inside ? 1 : 2
}

function resourceFor(line: DrawnLine): DrawnSpan['resource'] {
  return { 'service.name': line.service, 'k8s.namespace.name': 'default', 'k8s.pod.name': line.pod }
}

function spanOf(
  line: DrawnLine,
  place: Pick<SpanInput, 'traceId' | 'spanId' | 'parentSpanId' | 'kind' | 'startNs'>,
  labels: ReadonlyMap<string, { readonly traceId: string; readonly spanId: string }>,
): SpanInput {
  const at = (ns: number): bigint => place.startNs + BigInt(Math.round(ns))
  return {
    ...place,
    name: line.name,
    startNs: at(line.startNs),
    endNs: at(line.endNs),
    status: line.status,
    statusMessage: line.statusMessage,
    attributes: line.attributes,
    events: line.events.map(({ name, atNs, attributes }) => ({ name, timeNs: at(atNs), attributes })),
    links: line.links.map((label) => {
      const linked = labels.get(label)
      if (linked === undefined)
        throw new Error(`A link names an id drawn above it: current value is ${label}`)
      return linked
    }),
  }
}

function idOf(n: number, digits: number): string {
  return n.toString(16).padStart(digits, '0')
}
