import { traceHash } from '../model/trace-hash.ts'
import { hexOf, writeHex } from '../model/trace-ids.ts'
import type { Overflow } from './read-files.ts'

/** More are in memory at no time. */
const SPANS_MAX = 10_000

/** Of files that hold more spans than memory is to: those of some traces, with all that is known of them. */
export function chosenTraces(traceIds: readonly string[]): Overflow {
  const chosen = new Set(traceIds)
  const hashes = new Set(traceIds.map(hashOf))
  let left = 0
  return {
    tableSpansMax: SPANS_MAX,
    get spansRead() {
      return left
    },
    take: (builder) => {
      const { length, columns } = builder
      const words = new Uint32Array(columns.traceIds.buffer, 0, length * 4)
      const isChosen = (row: number): boolean =>
        hashes.has(traceHash(words, row * 4)) && chosen.has(hexOf(columns.traceIds, row * 16, 16))
      const rows = Uint32Array.from({ length }, (_, row) => row).filter(isChosen)
      left += length - rows.length
      builder.keepRows(rows)
    },
    revisit: () => undefined,
  }
}

function hashOf(traceId: string): number {
  const bytes = new Uint8Array(16)
  writeHex(traceId, bytes, 0, 16)
  return traceHash(new Uint32Array(bytes.buffer), 0)
}
