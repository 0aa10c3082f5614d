import type { Mechanism, MechanismKind, SpanRole, TraceFull, TraceSpan } from '../../model/result.ts'
import { CLIENT, CONSUMER, SERVER } from '../../model/span-kind.ts'
import { Protocol, type SpanTable } from '../../model/span-table.ts'
import { hexOf, writeHex } from '../../model/trace-ids.ts'
import { push } from '../numbers/push.ts'
import { redactAttributes, redactText } from './redact-attributes.ts'
import { criticalPath } from './trace-view-critical.ts'
import { findMarks, type MarkedSpan, type Marks } from './trace-view-marks.ts'

/** Where and when a fault was, for marking the spans that it hit. */
export type FaultMark = {
  /** For people: `payment +500 ms`. */
  readonly label: string
  readonly service: string
  /** Empty: the whole service. */
  readonly pods: readonly string[]
  readonly startNs: bigint
  readonly endNs: bigint
}

export type TraceFacts = {
  readonly faults: readonly FaultMark[]
  /** Their evidence names spans that the trace alone would not give away. */
  readonly mechanisms: readonly Mechanism[]
}

const NO_FACTS: TraceFacts = { faults: [], mechanisms: [] }
const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const ROLE_OF: Partial<Record<MechanismKind, SpanRole>> = {
  timeout: 'timeout',
  retry: 'retry',
  'circuit-breaker': 'breaker',
  fallback: 'fallback',
  'duplicate-work': 'abandoned',
}

/**
 * One trace as the waterfall shows it: raw times, attempts counted, abandoned work measured, secrets out.
 *
 * @param traceId - 32 hex digits (16 are padded)
 * @returns undefined when the table holds no span of the trace
 */
export function traceView(
  table: SpanTable,
  traceId: string,
  facts: TraceFacts = NO_FACTS,
): TraceFull | undefined {
  return traceViews(table, [traceId], facts)[0]
}

/** Several traces in one pass over the table, in the order asked for; those not there are left out. */
export function traceViews(
  table: SpanTable,
  traceIds: readonly string[],
  facts: TraceFacts = NO_FACTS,
): readonly TraceFull[] {
  const rows = rowsOf(table, traceIds)
  return traceIds.flatMap((id) => {
    const found = rows.get(paddedId(id)) ?? []
    return found.length === 0 ? [] : [viewOf(table, paddedId(id), found, facts)]
  })
}

function rowsOf(table: SpanTable, traceIds: readonly string[]): ReadonlyMap<string, number[]> {
  const rows = new Map<string, number[]>()
  const byLastWord = new Map<number, string[]>()
  const bytes = new Uint8Array(16)
  const words = new Uint32Array(bytes.buffer)
  for (const id of new Set(traceIds.map(paddedId))) {
    if (!writeHex(id, bytes, 0, 16)) continue
    rows.set(id, [])
    push(byLastWord, words[3] ?? 0, id)
  }
  for (let row = 0; row < table.length; row++) {
    const candidates = byLastWord.get(table.traceWords[row * 4 + 3] ?? 0)
    if (candidates === undefined) continue
    const id = hexOf(table.traceIds, row * 16, 16)
    if (candidates.includes(id)) rows.get(id)?.push(row)
  }
  return rows
}

function paddedId(traceId: string): string {
  return traceId.toLowerCase().padStart(32, '0')
}

function viewOf(table: SpanTable, traceId: string, found: readonly number[], facts: TraceFacts): TraceFull {
  const rows = found.toSorted((a, b) => start(table, a) - start(table, b))
  const firstNs = start(table, rows[0] ?? 0)
  const ids = uniqueIds(table, rows)
  const parents = parentsOf(table, rows, ids)
  const spans = markedSpans(table, rows, parents, firstNs)
  const marks = findMarks(spans)
  markByEvidence(traceId, ids, marks, facts.mechanisms)
  const crit = criticalPath(spans, rootsOf(parents))
  const hit = faultsOf(table, rows, spans, facts.faults)
  const redacted = new Set<string>()
  const shown = spans.map((span, at): TraceSpan => {
    const row = rows[at] ?? 0
    const { attrs, events } = detailsOf(table, row, firstNs, redacted)
    return {
      id: ids[at] ?? '',
      parent: parents[at]?.id ?? null,
      service: span.service,
      op: span.op,
      kind: KINDS[span.kind] ?? 'internal',
      start: span.start,
      dur: span.end - span.start,
      ...(span.failed ? { error: errorOf(span) } : {}),
      ...(hit[at] === undefined ? {} : { fault: hit[at] }),
      ...markFields(marks[at]),
      ...((crit[at]?.length ?? 0) > 0 ? { crit: crit[at] } : {}),
      ...(attrs === undefined ? {} : { attrs }),
      ...(events === undefined ? {} : { events }),
    }
  })
  return {
    traceId,
    startedAt: new Date(Number((table.epochNs + BigInt(Math.round(firstNs))) / 1_000_000n)).toISOString(),
    missingParents: parents.filter((parent) => parent.id !== undefined && parent.at === undefined).length,
    spans: shown,
    ...(redacted.size === 0 ? {} : { redacted: [...redacted].toSorted() }),
  }
}

/** Zipkin's client and server share an id: the later span gets one of its own. */
function uniqueIds(table: SpanTable, rows: readonly number[]): readonly string[] {
  const seen = new Map<string, number>()
  return rows.map((row) => {
    const id = hexOf(table.spanIds, row * 8, 8)
    const times = seen.get(id) ?? 0
    seen.set(id, times + 1)
    return times === 0 ? id : `${id}.${times + 1}`
  })
}

type Parent = { readonly id: string | undefined; readonly at: number | undefined }

/** Parents by index; a parent that is not in the trace keeps its id, one that makes a circle is dropped. */
function parentsOf(table: SpanTable, rows: readonly number[], ids: readonly string[]): readonly Parent[] {
  const atOf = new Map(ids.map((id, at) => [id, at]))
  const parents = rows.map((row, at): Parent => {
    const own = ids[at] ?? ''
    const dot = own.indexOf('.')
    const id = dot === -1 ? hexOf(table.parentIds, row * 8, 8) : own.slice(0, dot)
    if (id === '0000000000000000') return { id: undefined, at: undefined }
    return { id, at: atOf.get(id) }
  })
  const safe: Parent[] = [...parents]
  const state = new Uint8Array(rows.length)
  for (let i = 0; i < safe.length; i++) {
    const path: number[] = []
    let at: number | undefined = i
    while (at !== undefined && state[at] === 0) {
      state[at] = 1
      path.push(at)
      at = safe[at]?.at
    }
    if (at !== undefined && state[at] === 1) safe[at] = { id: undefined, at: undefined }
    for (const done of path) state[done] = 2
  }
  return safe
}

/** The spans without a parent; where the root itself is missing, those whose parent is. */
function rootsOf(parents: readonly Parent[]): readonly number[] {
  const roots = parents.flatMap((parent, at) => (parent.id === undefined ? [at] : []))
  return roots.length > 0 ? roots : parents.flatMap((parent, at) => (parent.at === undefined ? [at] : []))
}

function markedSpans(
  table: SpanTable,
  rows: readonly number[],
  parents: readonly Parent[],
  firstNs: number,
): readonly MarkedSpan[] {
  const children: number[][] = rows.map(() => [])
  parents.forEach((parent, at) => {
    if (parent.at !== undefined) children[parent.at]?.push(at)
  })
  const text = (id: number | undefined): string => table.strings[id ?? 0] ?? ''
  return rows.map((row, at): MarkedSpan => {
    const begin = Math.round((start(table, row) - firstNs) / 1000)
    const errors = [table.errorType, table.errorMessage, table.statusMessage, table.responseFlags]
    const httpStatus = table.httpStatus[row] ?? 0
    return {
      parent: parents[at]?.at,
      children: children[at] ?? [],
      service: table.resources[table.resource[row] ?? 0]?.service ?? 'unknown_service',
      op: text(table.name[row]),
      route: text(table.route[row]),
      kind: table.kind[row] ?? 0,
      start: begin,
      end: begin + Math.max(0, Math.round((table.durationNs[row] ?? 0) / 1000)),
      failed: table.status[row] === 2 || httpStatus >= 500,
      errorText: [...new Set(errors.map((column) => text(column[row])))]
        .filter((part) => part !== '')
        .join(' '),
      httpStatus,
      grpcStatus: table.grpcStatus[row] ?? 255,
      resendCount: table.resendCount[row] ?? 0,
      peer: text(table.peer[row]),
      method: text(table.method[row]),
      isDb: ((table.protocol[row] ?? 0) & Protocol.db) !== 0,
    }
  })
}

function markByEvidence(
  traceId: string,
  ids: readonly string[],
  marks: readonly Marks[],
  mechanisms: readonly Mechanism[],
): void {
  for (const mechanism of mechanisms) {
    const role = ROLE_OF[mechanism.kind]
    // The evidence of an absent defence shows where it was missing.
    if (role === undefined || mechanism.verdict === 'absent') continue
    for (const proof of mechanism.evidence) {
      if (proof.traceId !== traceId || proof.spanId === undefined) continue
      marks[ids.indexOf(proof.spanId)]?.roles.add(role)
    }
  }
}

/** The label goes on the target's server spans; where it sends none, on the calls to it. */
function faultsOf(
  table: SpanTable,
  rows: readonly number[],
  spans: readonly MarkedSpan[],
  faults: readonly FaultMark[],
): readonly (string | undefined)[] {
  const labels: (string | undefined)[] = rows.map(() => undefined)
  for (const fault of faults) {
    const during = rows.map((row) => {
      const from = table.epochNs + BigInt(Math.round(start(table, row)))
      return from < fault.endNs && from + BigInt(Math.round(table.durationNs[row] ?? 0)) >= fault.startNs
    })
    const on = rows.map((row, at) => {
      const resource = table.resources[table.resource[row] ?? 0]
      const there = resource?.service === fault.service && during[at]
      const pod = fault.pods.length === 0 || fault.pods.includes(resource?.instance ?? '')
      return there && pod && (spans[at]?.kind === SERVER || spans[at]?.kind === CONSUMER)
    })
    const hit = on.includes(true)
      ? on
      : spans.map((s, at) => during[at] && s.kind === CLIENT && s.peer === fault.service)
    hit.forEach((is, at) => {
      if (is) labels[at] = labels[at] === undefined ? fault.label : `${labels[at]}, ${fault.label}`
    })
  }
  return labels
}

function markFields(
  marks: Marks | undefined,
): Pick<TraceSpan, 'marks' | 'attempt' | 'timeoutMs' | 'abandonedUs'> {
  if (marks === undefined) return {}
  return {
    ...(marks.roles.size === 0 ? {} : { marks: [...marks.roles] }),
    ...(marks.attempt === undefined ? {} : { attempt: marks.attempt }),
    ...(marks.timeoutMs === undefined ? {} : { timeoutMs: marks.timeoutMs }),
    ...(marks.abandonedUs === undefined ? {} : { abandonedUs: marks.abandonedUs }),
  }
}

function errorOf(span: MarkedSpan): string {
  const code = span.httpStatus >= 400 ? String(span.httpStatus) : ''
  const text = redactText(span.errorText).slice(0, 200)
  return [code, text === code ? '' : text].filter((part) => part !== '').join(' ') || 'error'
}

function detailsOf(
  table: SpanTable,
  row: number,
  firstNs: number,
  redacted: Set<string>,
): Pick<TraceSpan, 'attrs' | 'events'> {
  if (table.details === undefined) return {}
  const attributes = redactAttributes(table.details.attributesOf(row))
  for (const name of attributes.names) redacted.add(name)
  const zeroNs = table.epochNs + BigInt(Math.round(firstNs))
  const events = table.details.eventsOf(row).map((event) => {
    const cleaned = redactAttributes(event.attributes)
    for (const name of cleaned.names) redacted.add(name)
    return { at: Number((event.timeNs - zeroNs) / 1000n), name: event.name, attrs: cleaned.attributes }
  })
  return {
    ...(Object.keys(attributes.attributes).length === 0 ? {} : { attrs: attributes.attributes }),
    ...(events.length === 0 ? {} : { events }),
  }
}

function start(table: SpanTable, row: number): number {
  return table.startNs[row] ?? 0
}
