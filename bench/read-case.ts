// Reads a case of known truth (../shared/cases): spans and windows, as bench/accuracy.ts and bench/robustness.ts do.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { SpanInput } from '../packages/aftershock/src/model/span-input.ts'
import type { AttributeValue, SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../packages/aftershock/src/model/span-table-builder.ts'
import type { Interval, Windows } from '../packages/aftershock/src/model/window.ts'

type Json = Record<string, never>

export type Sent = {
  readonly resource: Readonly<Record<string, AttributeValue>>
  readonly spans: readonly SpanInput[]
}

/** The spans of a case with who sent them: OTLP JSON, one request a line. */
export function readSent(file: string): readonly Sent[] {
  return gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as { resourceSpans?: Json[] }).resourceSpans ?? [])
    .map((rs) => ({
      resource: attributesOf((rs.resource as Json).attributes),
      spans: (rs.scopeSpans as Json[]).flatMap((scope) => scope.spans as Json[]).map(spanOf),
    }))
}

/** The same as columns. */
export function readTable(file: string): SpanTable {
  let builder: SpanTableBuilder | undefined
  for (const { resource: attributes, spans } of readSent(file)) {
    builder ??= new SpanTableBuilder({ epochNs: spans[0].startNs, attributes: 'drop' })
    const resource = builder.addResource(attributes)
    for (const span of spans) builder.addSpan(resource, span)
  }
  return (builder ?? new SpanTableBuilder({ epochNs: 0n, attributes: 'drop' })).finish()
}

function spanOf(span: Json): SpanInput {
  const status = span.status as { code?: number; message?: string } | undefined
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind ?? 0,
    startNs: BigInt(span.startTimeUnixNano),
    endNs: BigInt(span.endTimeUnixNano),
    status: status?.code,
    statusMessage: status?.message,
    attributes: attributesOf(span.attributes),
    events: ((span.events ?? []) as Json[]).map((e) => ({
      name: e.name,
      timeNs: BigInt(e.timeUnixNano),
      attributes: attributesOf(e.attributes),
    })),
  }
}

function attributesOf(list: Json[] | undefined): Record<string, AttributeValue> {
  return Object.fromEntries(
    (list ?? []).map(({ key, value }) => {
      const [[kind, raw]] = Object.entries(value as Record<string, AttributeValue>)
      return [key, kind === 'intValue' ? Number(raw) : raw]
    }),
  )
}

/** What an analysis may read: its windows and its experiment. */
export function readWindows(file: string): Windows {
  const text = JSON.parse(readFileSync(file, 'utf8'))
  const intervals = (value: unknown): Interval[] =>
    (value === undefined ? [] : [value].flat()).map((w) => {
      const { start, end } = w as { start: string; end: string }
      return { startNs: BigInt(Date.parse(start)) * 1_000_000n, endNs: BigInt(Date.parse(end)) * 1_000_000n }
    })
  const experiments = text.experiment === undefined ? [] : [text.experiment]
  return {
    experiments: experiments.map((e: Json) => ({
      name: e.name ?? '',
      kind: e.kind,
      action: e.action,
      mode: e.mode,
      targets: ((e.targets ?? []) as Json[]).map((t) => ({
        service: t.service,
        namespace: t.namespace,
        pods: t.pods ?? [],
      })),
      parameters: e.parameters ?? {},
    })),
    baseline: intervals(text.windows.baseline),
    chaos: intervals(text.windows.chaos),
    recovery: intervals(text.windows.recovery),
  }
}
