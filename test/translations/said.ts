import { idOf } from '../../packages/aftershock/src/analysis/test-support/span-words.ts'
import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { CLIENT, SERVER } from '../../packages/aftershock/src/model/span-kind.ts'
import type { AttributeValue, SpanTable } from '../../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../../packages/aftershock/src/model/span-table-builder.ts'

export type Attributes = Readonly<Record<string, AttributeValue>>

/** A span with who sent it; `resource` where that is told in other words than a service's and a pod's name. */
export type Said = {
  readonly service: string
  readonly pod: string
  readonly resource?: Attributes
  readonly span: SpanInput
}

/** The same happenings in another shape. */
export type Translation = {
  readonly name: string
  /** What of the truth the shape does not hold; undefined: it tells all. */
  readonly loses?: string
  readonly of: (spans: readonly Said[]) => readonly Said[]
  /** Through a format of its own; default: the spans as they are. */
  readonly read?: (spans: readonly Said[]) => SpanTable
  /** A name that the analysis gives to a service → the service's name in the truth. */
  readonly nameOf?: (named: string) => string
}

export function tableOfSaid(spans: readonly Said[]): SpanTable {
  const builder = new SpanTableBuilder({ attributes: 'drop' })
  for (const { service, pod, resource, span } of spans)
    builder.addSpan(builder.addResource(resource ?? { 'service.name': service, 'k8s.pod.name': pod }), span)
  return builder.finish()
}

/** Parents and children of spans, by their places in the list. */
export type Kin = { readonly parent: Int32Array; readonly children: readonly (readonly number[])[] }

export function kinOf(spans: readonly Said[]): Kin {
  const at = new Map(spans.map(({ span }, i) => [keyOf(span, span.spanId), i]))
  const parent = new Int32Array(spans.length).fill(-1)
  const children: number[][] = spans.map(() => [])
  for (const [i, { span }] of spans.entries()) {
    const up = span.parentSpanId === undefined ? undefined : at.get(keyOf(span, span.parentSpanId))
    if (up === undefined) continue
    parent[i] = up
    children[up].push(i)
  }
  return { parent, children }
}

function keyOf({ traceId }: SpanInput, spanId: string): string {
  return `${traceId}${spanId}`
}

/** An id for a span that stands beside a told one. */
export function idBeside(span: SpanInput, what: string): string {
  return idOf(0, `${span.traceId}${span.spanId} ${what}`, 16)
}

export function textIn({ attributes }: SpanInput, ...names: readonly string[]): string {
  for (const name of names) {
    const value = attributes?.[name]
    if (value !== undefined) return String(value)
  }
  return ''
}

export function httpStatusOf(span: SpanInput): number {
  return Number(textIn(span, 'http.response.status_code', 'http.status_code') || 0)
}

export function httpMethodOf(span: SpanInput): string {
  return textIn(span, 'http.request.method', 'http.method')
}

/** What a request asked for, as the span says it; empty where it does not. */
export function httpPathOf(span: SpanInput): string {
  return textIn(span, 'url.path', 'http.target', 'http.route')
}

export function isHttp(span: SpanInput): boolean {
  return httpMethodOf(span) !== ''
}

export function isGrpc(span: SpanInput): boolean {
  return textIn(span, 'rpc.system') !== ''
}

/** A call of a service, and no query or message. */
export function isCall(span: SpanInput): boolean {
  return span.kind === CLIENT && (isHttp(span) || isGrpc(span))
}

export function isServer(span: SpanInput): boolean {
  return span.kind === SERVER
}

/** What went wrong, in the words that were said. */
export function wordsOf(span: SpanInput): string {
  const said = (span.events ?? []).flatMap(({ attributes }) => Object.values(attributes ?? {}))
  return [textIn(span, 'error.type'), span.statusMessage ?? '', ...said].join(' ')
}

export function isRejection(span: SpanInput): boolean {
  return /circuit|EOPENBREAKER/i.test(wordsOf(span))
}

export function isTimeout(span: SpanInput): boolean {
  return /time-?d?out|TIMEDOUT|Abort|deadline/i.test(wordsOf(span))
}

export function durationOf({ startNs, endNs }: SpanInput): bigint {
  return endNs - startNs
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
