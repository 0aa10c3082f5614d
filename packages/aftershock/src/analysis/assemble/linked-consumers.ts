import type { SpanTable } from '../../model/span-table.ts'
import { hexOf } from '../../model/trace-ids.ts'

/** Messages sent and received, by the id of the sending span: a consumer often is a trace of its own, linked to it. */
export type MessagesSeen = {
  /** Id of a producer span, and the key of its call. */
  readonly sent: readonly (readonly [id: string, key: string])[]
  /** Id of the span that a consumer is linked to, and the consumer's service. */
  readonly received: readonly (readonly [id: string, service: number])[]
}

/** Of each side those with the lowest ids are looked at: the same messages on both, however traces were shared out. */
const MESSAGES_MAX = 4096

export function sentId(table: SpanTable, row: number): string {
  return hexOf(table.spanIds, row * 8, 8)
}

/** Ids of the spans a consumer is linked to. */
export function receivedIds(table: SpanTable, row: number): readonly string[] {
  const ids: string[] = []
  for (let link = table.linkStart[row]; link < table.linkStart[row + 1]; link++) {
    ids.push(hexOf(table.linkIds, link * 24 + 16, 8))
  }
  return ids
}

/** The lowest ids of a list. */
export function sampleOfMessages<T extends string | number>(
  list: readonly (readonly [string, T])[],
): readonly (readonly [string, T])[] {
  const byId = (a: readonly [string, T], b: readonly [string, T]): number =>
    a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : 1
  return list.toSorted(byId).slice(0, MESSAGES_MAX)
}

/** What several partitions saw as if it were one. */
export function joinedMessages(seen: readonly MessagesSeen[]): MessagesSeen {
  return {
    sent: sampleOfMessages(seen.flatMap((s) => s.sent)),
    received: sampleOfMessages(seen.flatMap((s) => s.received)),
  }
}

/** Who received the messages of each kind of call: votes, as if a span below had answered. */
export function votesByLinks(
  seen: readonly MessagesSeen[],
): readonly (readonly [key: string, callee: number, n: number])[] {
  const { sent, received } = joinedMessages(seen)
  const keys = new Map(sent)
  return received.flatMap(([id, service]) => {
    const key = keys.get(id)
    return key === undefined ? [] : [[key, service, 1] as const]
  })
}
