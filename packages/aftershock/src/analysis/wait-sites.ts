import type { Forest } from './forest.ts'
import type { MessageWait, UsualWaits } from './message-waits.ts'

export type Waited = { readonly site: number; readonly moreNs: number }

/** Counts the messages of each site, and tells which lay too long. */
export function waitedSeen(
  forest: Forest,
  messages: readonly MessageWait[],
  usual: UsualWaits,
  siteOf: (service: number, callee: number) => number,
  count: (
    site: number,
    phase: number,
    late: { readonly atNs: number; readonly moreNs: number } | undefined,
  ) => void,
): ReadonlyMap<number, Waited> {
  const waited = new Map<number, Waited>()
  for (const { p, sent, waitNs, phase, pair } of messages) {
    const known = usual.get(pair)
    if (known === undefined) continue
    const site = siteOf(forest.instances[sent.instance].service, forest.service[p])
    const moreNs = waitNs - known.median
    const isLate = waitNs > known.high
    count(site, phase, isLate ? { atNs: sent.atNs, moreNs } : undefined)
    if (!isLate) continue
    waited.set(p, { site, moreNs })
  }
  return waited
}
