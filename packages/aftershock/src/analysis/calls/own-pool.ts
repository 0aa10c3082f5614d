import type { Forest } from '../assemble/forest.ts'

/** Words of httpx, HikariCP, Apache HttpClient, pg-pool, generic-pool, Go's and .NET's pools. */
const POOL_WORDS =
  /pool.{0,3}time|(from|in|the) (the )?(connection )?pool\b|connection pool|connection is not available|ResourceRequest timed out|timeout exceeded when trying to connect|leasing a connection/i

/** Which time-outs say that it was a connection of the caller's own pool that did not come in time. */
export function poolTimeouts({ table, row, server }: Forest): (p: number) => boolean {
  const known = new Map<number, boolean>()
  const says = (id: number): boolean => {
    const before = known.get(id)
    if (before !== undefined) return before
    const is = id !== 0 && POOL_WORDS.test(table.strings[id])
    known.set(id, is)
    return is
  }
  return (p) => {
    const at = row[p]
    if (server[p] !== -1) return false
    return says(table.errorType[at]) || says(table.errorMessage[at]) || says(table.statusMessage[at])
  }
}
