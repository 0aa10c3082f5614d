import type { Blame } from './attribution.ts'
import type { Forest } from './forest.ts'
import type { MessageWait, UsualWaits } from './message-waits.ts'
import { Phase } from './phases.ts'
import type { Sites } from './sites.ts'

export type Waited = {
  readonly site: number
  readonly moreNs: number
  /** It lay there at a time when the fault was on, whenever it was sent or taken up. */
  readonly isDuring: boolean
}

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
    waited.set(p, { site, moreNs, isDuring: phase === Phase.chaos })
  }
  return waited
}

/** How long the message that a span took up had lain, where that is laid to the fault. */
export function waitLaidToFault({ waited }: Sites, { reasons }: Blame, p: number): Waited | undefined {
  if (waited.size === 0) return undefined
  const one = waited.get(p)
  return one === undefined || reasons[one.site] === 'none' ? undefined : one
}
