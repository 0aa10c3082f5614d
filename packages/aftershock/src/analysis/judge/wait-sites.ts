import type { Forest } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { type BacklogEnds, type TakenAfter, TakenCounter, takerKey } from './backlog-end.ts'
import type { MessageWait, UsualWaits } from './message-waits.ts'

export type Waited = {
  readonly site: number
  readonly moreNs: number
  /** It lay there at a time when the fault was on, whenever it was sent or taken up. */
  readonly isDuring: boolean
}

/** When it was sent, how much longer than usual it lay, and whether far longer than any of the baseline's. */
type Late = { readonly atNs: number; readonly moreNs: number; readonly isFar: boolean }

/** Counts the messages of each site, and tells which lay too long. */
export function waitedSeen(
  forest: Forest,
  phases: Phases,
  messages: readonly MessageWait[],
  usual: UsualWaits,
  siteOf: (service: number, callee: number) => number,
  count: (site: number, phase: number, late: Late | undefined) => void,
): { readonly waited: ReadonlyMap<number, Waited>; readonly taken: TakenAfter } {
  const counter = new TakenCounter(phases)
  const waited = new Map<number, Waited>()
  for (const { p, sent, waitNs, phase, pair } of messages) {
    const known = usual.get(pair)
    if (known === undefined) continue
    const sender = forest.instances[sent.instance].service
    const site = siteOf(sender, forest.service[p])
    const moreNs = waitNs - known.median
    const isLate = waitNs > known.high
    counter.add(takerKey(forest, sender, p), forest.start[p], isLate ? 1 : 0)
    count(site, phase, isLate ? { atNs: sent.atNs, moreNs, isFar: waitNs > known.far } : undefined)
    if (!isLate) continue
    waited.set(p, { site, moreNs, isDuring: phase === Phase.chaos })
  }
  return { waited, taken: counter.taken() }
}

/** Those taken up when the backlog was worked off are left out: who is busy lets some lie, fault or not. */
export function withoutLater(
  waited: ReadonlyMap<number, Waited>,
  forest: Forest,
  list: readonly { readonly service: number }[],
  ends: BacklogEnds,
): ReadonlyMap<number, Waited> {
  return new Map(
    [...waited].filter(([p, { site, isDuring }]) => {
      const endNs = ends.get(takerKey(forest, list[site].service, p))
      return isDuring || endNs === undefined || forest.start[p] <= endNs
    }),
  )
}
