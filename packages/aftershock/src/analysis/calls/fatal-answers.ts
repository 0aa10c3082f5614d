import type { Forest } from '../assemble/forest.ts'
import { Fail, type Failures } from './failure.ts'

/**
 * A 4xx is the caller's mistake, and callers live with it; not so where the caller then failed with an error of its
 * own and no other call of it had failed: what it failed on is that answer. (A proxy that rewrites a path, a route
 * that is gone, a token that no longer counts.)
 */
export function markFatalAnswers(forest: Forest, { fail, speaksOfBreaker }: Failures): void {
  const fatal = new Map<number, number>()
  for (let p = 0; p < forest.length; p++) {
    const owner = forest.owner[p]
    if (forest.callee[p] === -1 || fail[p] !== Fail.ok || !isRefusal(forest, p)) continue
    if (fail[owner] !== Fail.error || speaksOfBreaker[owner] === 1) continue
    const known = fatal.get(owner)
    if (known === undefined || forest.end[p] >= forest.end[known]) fatal.set(owner, p)
  }
  if (fatal.size === 0) return
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] !== -1 && fail[p] !== Fail.ok) fatal.delete(forest.owner[p])
  }
  for (const p of fatal.values()) fail[p] = Fail.error
}

function isRefusal({ table, row }: Forest, p: number): boolean {
  const at = row[p]
  if (table.status[at] !== 2) return false
  return table.httpStatus[at] >= 400 || (table.grpcStatus[at] !== 255 && table.grpcStatus[at] !== 0)
}
