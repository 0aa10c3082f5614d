import type { SpanInput } from '../model/span-input.ts'
import type { SpanDetails } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { bodyDecoder } from './decode-body.ts'
import { decompress } from './decompress.ts'
import type { ReceivedBody } from './received-body.ts'

/** Where the attributes and events of rows from `firstRow` on can be read again. */
export type DetailSource =
  | { readonly kind: 'body'; readonly firstRow: number; readonly body: ReceivedBody }
  | { readonly kind: 'spans'; readonly firstRow: number; readonly spans: readonly SpanInput[] }
  /** They were let go, to stay within limits. */
  | { readonly kind: 'none'; readonly firstRow: number }

const NOTHING: SpanDetails = { attributesOf: () => ({}), eventsOf: () => [] }
const KEPT_BODIES = 16

/**
 * Details that are decoded again from the bodies as they came in. Kept compressed, a span costs about 70
 * bytes instead of 500, and a body can go from thread to thread without a copy.
 *
 * @param sources - by `firstRow`, ascending
 */
export function bodyDetails(sources: readonly DetailSource[], decompressedBytesMax: number): SpanDetails {
  const kept = new Map<number, SpanDetails>()
  const detailsOf = (index: number): SpanDetails => {
    const known = kept.get(index)
    if (known !== undefined) return known
    const details = readSource(sources[index], decompressedBytesMax)
    const oldest = kept.keys().next().value
    if (kept.size >= KEPT_BODIES && oldest !== undefined) kept.delete(oldest)
    kept.set(index, details)
    return details
  }
  const at = (row: number): { readonly details: SpanDetails; readonly index: number } => {
    const source = sourceOf(sources, row)
    return { details: detailsOf(source), index: row - (sources[source]?.firstRow ?? 0) }
  }
  return {
    attributesOf: (row) => {
      const { details, index } = at(row)
      return details.attributesOf(index)
    },
    eventsOf: (row) => {
      const { details, index } = at(row)
      return details.eventsOf(index)
    },
  }
}

function sourceOf(sources: readonly DetailSource[], row: number): number {
  let low = 0
  let high = sources.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sources[middle]?.firstRow ?? 0) <= row) low = middle + 1
    else high = middle
  }
  return low - 1
}

function readSource(source: DetailSource | undefined, decompressedBytesMax: number): SpanDetails {
  if (source === undefined || source.kind === 'none') return NOTHING
  const builder = new SpanTableBuilder({ epochNs: 0n, attributes: 'keep' })
  if (source.kind === 'spans') {
    const { spans } = source
    return {
      attributesOf: (index) => spans[index]?.attributes ?? {},
      eventsOf: (index) =>
        (spans[index]?.events ?? []).map((event) => ({ ...event, attributes: event.attributes ?? {} })),
    }
  }
  const { bytes, compression, encoding } = source.body
  const plain = decompress(bytes, compression, decompressedBytesMax)
  if (plain.kind !== 'bytes' || !bodyDecoder(builder)(encoding, plain.bytes).ok) return NOTHING
  return builder.finish().details ?? NOTHING
}
