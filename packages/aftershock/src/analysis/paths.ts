import { Fail, SLOW_CALLEE } from './failure.ts'
import type { Told } from './judge-steps.ts'

/** Services from the entry down to where the failure or the lost time began, by number, joined by `>`. */
export function pathOf(told: Told, entry: number): { readonly path: string; readonly open: boolean } {
  const { forest, origins, fail } = told
  const path: number[] = []
  let open = false
  for (let p = entry, depth = 0; p !== -1 && depth < 64; depth++) {
    if (path.at(-1) !== forest.service[p]) path.push(forest.service[p])
    const next = nextDown(told, p)
    if (next === -1 && fail[p] !== Fail.ok) {
      open = origins.as[p] === Fail.rejected || origins.as[p] === Fail.shed
      const callee = forest.callee[p] === -1 ? origins.rejectedBy[p] : forest.callee[p]
      if (callee !== -1 && path.at(-1) !== callee) path.push(callee)
    }
    p = next
  }
  return { path: path.join('>'), open }
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
    const weight = attribution.failed[call] === 1 ? Number.MAX_VALUE : lost
    if (weight > most) [best, most] = [call, weight]
  }
  return best
}

/** Services that handed a failure up, from the entry down, joined by `>`. */
export function wayOf({ forest, origins }: Told, entry: number): string {
  const way = new Set<number>()
  for (let p = entry; p !== -1; p = origins.cause[p]) {
    if (forest.callee[p] === -1 && origins.cause[p] !== -1) way.add(forest.service[p])
  }
  return [...way].join('>')
}
