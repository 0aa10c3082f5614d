import { Fail, SLOW_CALLEE } from '../calls/failure.ts'
import { Because } from '../judge/counterfactual.ts'
import { isOpenedByFault } from '../judge/opened-by-fault.ts'
import { Outcome } from '../judge/outcomes.ts'
import type { Told } from '../judge/told.ts'
import { waitLaidToFault } from '../judge/waits-laid.ts'
import type { ListIds } from '../numbers/list-ids.ts'

type Path = { readonly path: number; readonly open: boolean }

/** Services from the entry down to where the failure or the lost time began: a list of `lists`. */
export function pathOf(told: Told, entry: number, lists: ListIds): Path {
  const outcome = told.outcomes.outcome[told.forest.trace[entry]]
  if (outcome === Outcome.absorbed) return unharmedPathOf(told, entry, absorbedAt(told, entry), lists)
  if (outcome === Outcome.late) return unharmedPathOf(told, entry, takenUpAt(told, entry), lists)
  const { forest, origins, fail } = told
  let [path, last] = [0, -1]
  let open = false
  const go = (service: number): void => {
    if (service === last) return
    path = lists.with(path, service)
    last = service
  }
  for (let p = entry, depth = 0; p !== -1 && depth < 64; depth++) {
    go(forest.service[p])
    const next = nextDown(told, p)
    if (next === -1 && fail[p] !== Fail.ok) {
      open = origins.as[p] === Fail.rejected || origins.as[p] === Fail.shed
      const callee = forest.callee[p] === -1 ? origins.rejectedBy[p] : forest.callee[p]
      if (callee !== -1) go(callee)
    }
    p = next
  }
  return { path, open }
}

/** No failure leads down from the entry of a request that went well: the way is that to the span it began at. */
function unharmedPathOf({ forest, hidden }: Told, entry: number, at: number, lists: ListIds): Path {
  let [path, last] = [0, -1]
  const go = (service: number): void => {
    if (service === -1 || service === last) return
    path = lists.with(path, service)
    last = service
  }
  go(forest.service[entry])
  for (let p = entry; p < at; ) {
    p += 1
    while (p + forest.size[p] <= at) p += forest.size[p]
    go(forest.service[p])
  }
  const open = at !== -1 && hidden.quiet[at] !== -1
  if (at !== -1) go(open ? hidden.quiet[at] : forest.callee[at])
  return { path, open }
}

/** The first span that took up a message that had lain because of the fault. */
function takenUpAt({ forest, sites, attribution }: Told, entry: number): number {
  for (let p = entry; p < entry + forest.size[entry]; p++)
    if (waitLaidToFault(sites, attribution, p) !== undefined) return p
  return -1
}

/** The first failure of the fault below the entry, else the first owner whose call a breaker kept back; -1: neither. */
function absorbedAt({ forest, hidden, origins, attribution }: Told, entry: number): number {
  let kept = -1
  for (let p = entry; p < entry + forest.size[entry]; p++) {
    if (attribution.failed[p] !== 0 && origins.cause[p] === -1) return p
    const isKept = kept === -1 && hidden.quiet[p] !== -1
    if (isKept && isOpenedByFault(attribution, forest.service[p], hidden.quiet[p])) kept = p
  }
  return kept
}

function nextDown(told: Told, p: number): number {
  const { forest, origins, fail } = told
  if (fail[p] !== Fail.ok && origins.cause[p] !== -1) return origins.cause[p]
  if (fail[p] !== Fail.ok && origins.as[p] !== SLOW_CALLEE) return -1
  if (forest.callee[p] !== -1) return forest.server[p]
  return heaviest(told, p)
}

/** The call of an owner that failed because of the fault, else the one that lost most time to it. */
function heaviest(told: Told, owner: number): number {
  const { forest, logical, attribution } = told
  let best = -1
  let most = 1e5
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (call === owner) continue
    const lost = forest.end[call] - forest.start[call] - attribution.durationNs[call]
    const weight = attribution.failed[call] === Because.hit ? Number.MAX_VALUE : lost
    if (weight > most) [best, most] = [call, weight]
  }
  return best
}

/** Services that handed a failure up, from the entry down: a list of `lists`. */
export function wayOf({ forest, origins }: Told, entry: number, lists: ListIds): number {
  const seen: number[] = []
  let way = 0
  for (let p = entry; p !== -1; p = origins.cause[p]) {
    if (forest.callee[p] !== -1 || origins.cause[p] === -1 || seen.includes(forest.service[p])) continue
    seen.push(forest.service[p])
    way = lists.with(way, forest.service[p])
  }
  return way
}
