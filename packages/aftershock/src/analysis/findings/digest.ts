import type { EntryTallies } from './entry-tallies.ts'
import type { Shown } from './examples.ts'
import type { Found } from './found.ts'
import type { MetByTime } from './met-tallies.ts'
import type { RequestClass } from './request-classes.ts'

/**
 * What the telling needs of a partition, or of all: counts by what is told alike, examples, and of requests one by one
 * no more than the result lists of each.
 */
export type Digest = {
  /** Requests by what is told of them, by key. */
  readonly classes: readonly RequestClass[]
  readonly affected: Affected
  /** By `findKey`. */
  readonly found: ReadonlyMap<string, Found>
  readonly met: MetByTime
  readonly entries: EntryTallies
  /** The first request that succeeded because a later attempt did. */
  readonly rescued: Shown | undefined
  readonly baseline: FirstRequests
}

/** Failed, slow and absorbed requests of chaos and recovery, by first start and id. */
export type Affected = {
  /** 16 bytes each. */
  readonly traceIds: Uint8Array
  /** First start as it was sent, ns: with the id, what requests are ordered by. */
  readonly first: Float64Array
  /** Start and end of the entry, or of the first span where the root was lost, ns. */
  readonly start: Float64Array
  readonly end: Float64Array
  /** Index into `classes`. */
  readonly of: Uint32Array
}

/** The first requests of the baseline (`REQUESTS_MAX` of `sham.ts`), and how many there are in all. */
export type FirstRequests = {
  readonly all: number
  readonly first: Float64Array
  readonly traceIds: Uint8Array
}

export function findKey(kind: string, edge: number): string {
  return `${kind} ${edge}`
}

/** In `shows` of a class: the fault was met while it was on. */
export const MET = 'met'
