import type { SpanRole } from '../../model/result.ts'
import { CLIENT, CONSUMER, PRODUCER, SERVER } from '../../model/span-kind.ts'
import { templateOf } from '../assemble/template.ts'
import { TextClass, textClassOf } from '../calls/text-class.ts'

/** A span of one trace as the marks are found on it; times in µs from the trace's start. */
export type MarkedSpan = {
  readonly parent: number | undefined
  readonly children: readonly number[]
  readonly service: string
  readonly op: string
  /** Path or template of it that was asked for; empty where nothing says it. */
  readonly route: string
  readonly kind: number
  readonly start: number
  readonly end: number
  readonly failed: boolean
  /** error.type, exception.type, messages: all that was said about a failure. */
  readonly errorText: string
  readonly httpStatus: number
  readonly grpcStatus: number
  readonly resendCount: number
  readonly peer: string
  readonly method: string
  readonly isDb: boolean
}

export type Marks = {
  roles: Set<SpanRole>
  attempt: number | undefined
  timeoutMs: number | undefined
  abandonedUs: number | undefined
}

/** Shorter overruns are clocks and buffers, not work for nobody. */
const OVERRUN_US_MIN = 1000
/** Who is cut off says no more than that, whether it was a limit or not. */
const GIVEN_UP: readonly number[] = [TextClass.timeout, TextClass.cancelled]
/** Envoy's flag for a breaker that is open. */
const OPEN_FLAG = /\bUO\b/
const WRITES =
  /^\s*(insert|update|delete|upsert|merge|replace|create|drop|alter|set|put|incr|lpush|publish)\b/i

/** Finds what happened in one trace, by the definitions of mechanisms (design.md 5.6). */
export function findMarks(spans: readonly MarkedSpan[]): readonly Marks[] {
  const marks = spans.map(
    (): Marks => ({ roles: new Set(), attempt: undefined, timeoutMs: undefined, abandonedUs: undefined }),
  )
  const known = servicesByPeer(spans)
  for (let at = 0; at < spans.length; at++) {
    markAttempts(spans, at, known, marks)
    markTimeout(spans, at, marks)
    markBreaker(spans, at, marks)
  }
  for (let at = 0; at < spans.length; at++) markAbandoned(spans, at, marks)
  return marks
}

/** Sibling calls to one callee, each begun after the former failed, are attempts of one logical call. */
function markAttempts(
  spans: readonly MarkedSpan[],
  parent: number,
  known: ReadonlyMap<string, string>,
  marks: readonly Marks[],
): void {
  const calls = Map.groupBy(
    (spans[parent]?.children ?? []).filter((child) => spans[child]?.kind === CLIENT),
    (child) => [calleeOf(spans, child, known), ...operationOf(spans[child])].join('\n'),
  )
  for (const siblings of calls.values()) {
    const inOrder = siblings.toSorted((a, b) => (spans[a]?.start ?? 0) - (spans[b]?.start ?? 0))
    let before: number | undefined
    for (const call of inOrder) {
      const span = spans[call]
      const mark = marks[call]
      if (span === undefined || mark === undefined) continue
      const former = before === undefined ? undefined : spans[before]
      const formerMark = before === undefined ? undefined : marks[before]
      if (former?.failed && former.end <= span.start && formerMark) {
        formerMark.attempt ??= 1
        mark.attempt = formerMark.attempt + 1
      } else if (span.resendCount > 0) mark.attempt = span.resendCount + 1
      if ((mark.attempt ?? 1) > 1) mark.roles.add('retry')
      before = call
    }
    markFallback(spans, parent, before, marks)
  }
}

/** What was asked for, ids left out, as the analysis tells calls apart. */
function operationOf(span: MarkedSpan | undefined): readonly string[] {
  return span === undefined ? [] : [templateOf(span.op), span.method, templateOf(span.route)]
}

/** The last attempt failed, and the caller answered well all the same. */
function markFallback(
  spans: readonly MarkedSpan[],
  parent: number,
  last: number | undefined,
  marks: readonly Marks[],
): void {
  if (last === undefined || !spans[last]?.failed) return
  for (let at: number | undefined = parent; at !== undefined; at = spans[at]?.parent) {
    const caller = spans[at]
    if (caller === undefined || caller.failed || caller.httpStatus >= 400) return
    // Spans within the caller (middleware, handlers) seldom say how it ended; what it answered does.
    if (caller.kind === SERVER || caller.kind === CONSUMER) break
  }
  marks[parent]?.roles.add('fallback')
}

function markTimeout(spans: readonly MarkedSpan[], at: number, marks: readonly Marks[]): void {
  const call = spans[at]
  const mark = marks[at]
  if (call === undefined || mark === undefined || call.kind !== CLIENT || !call.failed) return
  // An answer came, so it is the callee's own error even when it says 504.
  if (call.httpStatus > 0) return
  const outlived = call.children.some((child) => (spans[child]?.end ?? 0) > call.end + OVERRUN_US_MIN)
  const answered = call.grpcStatus === 4 && call.children.some((child) => spans[child]?.grpcStatus === 4)
  const said = call.grpcStatus === 4 || GIVEN_UP.includes(textClassOf(call.errorText))
  if (!outlived && (!said || answered)) return
  mark.roles.add('timeout')
  mark.timeoutMs = Math.round((call.end - call.start) / 1000)
}

function markBreaker(spans: readonly MarkedSpan[], at: number, marks: readonly Marks[]): void {
  const span = spans[at]
  if (span === undefined || !span.failed) return
  if (textClassOf(span.errorText) !== TextClass.breaker && !OPEN_FLAG.test(span.errorText)) return
  // The outermost span that names the breaker only passed the rejection on.
  const below = span.children.some((child) => spans[child]?.failed)
  if (!below) marks[at]?.roles.add('breaker')
}

/** Work below a call goes on after its caller gave up. */
function markAbandoned(spans: readonly MarkedSpan[], at: number, marks: readonly Marks[]): void {
  const call = spans[at]
  if (call === undefined || call.kind !== CLIENT || !call.failed) return
  const open = call.children.filter((child) => (spans[child]?.end ?? 0) > call.end + OVERRUN_US_MIN)
  for (let child = open.pop(); child !== undefined; child = open.pop()) {
    const span = spans[child]
    const mark = marks[child]
    if (span === undefined || mark === undefined || span.end <= call.end || mark.abandonedUs !== undefined)
      continue
    mark.abandonedUs = span.end - Math.max(span.start, call.end)
    mark.roles.add('abandoned')
    if (writes(span)) mark.roles.add('side-effect')
    for (const child of span.children) open.push(child)
  }
}

function writes(span: MarkedSpan): boolean {
  if (span.kind === PRODUCER) return true
  if (span.isDb) return WRITES.test(span.method) || WRITES.test(span.op)
  return /^(post|put|patch|delete)$/i.test(span.method)
}

/** Who answered calls to an address: an attempt that got no answer names the address alone. */
function servicesByPeer(spans: readonly MarkedSpan[]): ReadonlyMap<string, string> {
  return new Map(
    spans.flatMap(({ peer, children }) => {
      const service = answererOf(spans, children)
      return peer === '' || service === undefined ? [] : [[peer, service]]
    }),
  )
}

function calleeOf(spans: readonly MarkedSpan[], call: number, known: ReadonlyMap<string, string>): string {
  const { peer, children } = spans[call]
  return answererOf(spans, children) ?? known.get(peer) ?? peer
}

function answererOf(spans: readonly MarkedSpan[], children: readonly number[]): string | undefined {
  const server = children.find((child) => spans[child]?.kind === SERVER)
  return server === undefined ? undefined : spans[server].service
}
