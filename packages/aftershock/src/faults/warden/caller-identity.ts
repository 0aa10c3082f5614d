import { membersOfGroup } from '../process/process-table.ts'
import { ownerOfConnection } from '../process/socket-table.ts'

/**
 * Tells which service opened a connection to a proxy, from the kernel's socket table.
 *
 * @param proxyPort - where the connection arrived
 * @param leaders - for each service, the processes that lead its process groups
 * @returns the service by the connection's remote port; undefined for strangers (load, browsers), and off Linux
 */
export function callerIdentity(
  proxyPort: number,
  leaders: () => ReadonlyMap<string, readonly number[]>,
): (remotePort: number) => Promise<string | undefined> {
  let known: ReadonlyMap<number, string> = new Map()
  let knownAtMs = Number.NEGATIVE_INFINITY
  const processes = (): ReadonlyMap<number, string> => {
    if (performance.now() - knownAtMs > FRESH_MS) {
      known = processesOf(leaders())
      knownAtMs = performance.now()
    }
    return known
  }
  return async (remotePort) => {
    const candidates = processes()
    const pid = await ownerOfConnection(remotePort, proxyPort, [...candidates.keys()])
    return pid === undefined ? undefined : candidates.get(pid)
  }
}

/** Walking /proc for members of groups costs milliseconds: not for every connection. */
const FRESH_MS = 1_000

function processesOf(leaders: ReadonlyMap<string, readonly number[]>): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const [service, pids] of leaders)
    for (const pid of pids)
      for (const member of new Set([pid, ...membersOfGroup(pid)])) found.set(member, service)
  return found
}
