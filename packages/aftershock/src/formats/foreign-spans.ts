import type { SpanInput } from '../model/span-input.ts'
import { CLIENT, CONSUMER, INTERNAL, PRODUCER, SERVER } from '../model/span-kind.ts'
import type { AttributeValue } from '../model/span-table.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import type { OtlpDecodeCount } from './otlp-protobuf.ts'

/** A span of a format that is not OTLP, with its resource. */
export type ForeignSpan = {
  readonly resource: Readonly<Record<string, AttributeValue>>
  readonly span: SpanInput
}

/** Adds spans, each resource once; undefined stands for one that could not be read, and is counted. */
export function addForeignSpans(
  builder: SpanTableBuilder,
  spans: Iterable<ForeignSpan | undefined>,
): OtlpDecodeCount {
  const before = { rows: builder.length, invalid: builder.dropped.invalid }
  const ids = new Map<unknown, number>()
  for (const item of spans) {
    if (item === undefined) {
      builder.dropped.invalid += 1
      continue
    }
    let id = ids.get(item.resource)
    if (id === undefined) {
      id = builder.addResource(item.resource)
      ids.set(item.resource, id)
    }
    builder.addSpan(id, item.span)
  }
  return { spans: builder.length - before.rows, invalid: builder.dropped.invalid - before.invalid }
}

/** Microseconds, as a number or decimal text, in nanoseconds; undefined when it is neither, or negative. */
export function microsecondsAsNs(value: unknown): bigint | undefined {
  const us = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof us !== 'number' || !Number.isFinite(us) || us < 0) return undefined
  return BigInt(Math.round(us * 1000 - Math.floor(us) * 1000)) + BigInt(Math.floor(us)) * 1000n
}

/** Ids of other tools lose leading zeros here and there. */
export function paddedId(value: unknown, digits: 16 | 32): string {
  return typeof value === 'string' && value !== '' ? value.padStart(digits, '0') : ''
}

export const KIND_BY_NAME: Readonly<Record<string, number>> = {
  internal: INTERNAL,
  server: SERVER,
  client: CLIENT,
  producer: PRODUCER,
  consumer: CONSUMER,
}
