import type { Forest } from '../assemble/forest.ts'
import { columnOf, copyOf } from '../numbers/columns.ts'

/** Owner → its calls, by start: `calls[callStart[p]] … calls[callStart[p + 1]]`. */
export type OwnersCalls = {
  readonly callStart: Uint32Array
  readonly calls: Uint32Array
}

export function callsByOwner(forest: Forest): OwnersCalls {
  const n = forest.length
  const { owner, callee, start } = forest
  const callStart = columnOf(Uint32Array, n + 1)
  for (let p = 0; p < n; p++) if (callee[p] !== -1) callStart[owner[p] + 1] += 1
  for (let p = 0; p < n; p++) callStart[p + 1] += callStart[p]
  const at = copyOf(callStart)
  const calls = columnOf(Uint32Array, callStart[n])
  for (let p = 0; p < n; p++) {
    if (callee[p] === -1) continue
    const from = callStart[owner[p]]
    let i = at[owner[p]]++
    // Nearly in order as they come: insertion beats a sort for each owner.
    for (; i > from && start[calls[i - 1]] > start[p]; i--) calls[i] = calls[i - 1]
    calls[i] = p
  }
  return { callStart, calls }
}
