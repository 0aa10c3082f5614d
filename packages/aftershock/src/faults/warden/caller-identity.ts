import { membersOfGroup } from '../process/process-table.ts'
import { ownersOfConnections } from '../process/socket-table.ts'

export type CallerIdentity = (proxyPort: number) => (remotePort: number) => Promise<string | undefined>

/**
 * Tells which service opened a connection to a proxy, from the kernel's socket table. That costs
 * milliseconds (the table of the whole machine, all files of our processes), so connections that come
 * together are looked up together, and the callers that a fault names are looked at first.
 *
 * @param leaders - for each service, the processes that lead its process groups
 * @param likely - services to look at first
 * @returns the service; undefined for strangers (load, browsers), and off Linux
 */
export function callerIdentity(
  leaders: () => ReadonlyMap<string, readonly number[]>,
  likely: () => ReadonlySet<string>,
): CallerIdentity {
  let known: ReadonlyMap<number, string> = new Map()
  let knownAtMs = Number.NEGATIVE_INFINITY
  let waiting: Waiting[] = []
  let running = false

  const processes = (): ReadonlyMap<number, string> => {
    if (performance.now() - knownAtMs > FRESH_MS) {
      known = processesOf(leaders())
      knownAtMs = performance.now()
    }
    return known
  }
  const run = async (): Promise<void> => {
    running = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      const services = processes()
      const first = likely()
      const rank = (pid: number): number => (first.has(services.get(pid) ?? '') ? 0 : 1)
      const candidates = [...services.keys()].sort((a, b) => rank(a) - rank(b))
      await ownersOfConnections(batch, candidates, (connection, pid) =>
        connection.resolve(pid === undefined ? undefined : services.get(pid)),
      )
    }
    running = false
  }
  return (proxyPort) => (remotePort) =>
    new Promise((resolve) => {
      waiting.push({ clientPort: remotePort, serverPort: proxyPort, resolve })
      if (!running) void run()
    })
}

type Waiting = {
  readonly clientPort: number
  readonly serverPort: number
  readonly resolve: (service: string | undefined) => void
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
