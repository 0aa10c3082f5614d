import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Pids of those that still live (a zombie holds nothing any more). */
export function livingOf(pids: readonly number[]): readonly number[] {
  return pids.filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      return !'ZX'.includes(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] ?? '')
    } catch {
      return false
    }
  })
}

/** Ports of those that somebody listens on. */
export async function takenOf(ports: readonly number[]): Promise<readonly number[]> {
  const taken = await Promise.all(ports.map(async (port) => ((await isFree(port)) ? [] : [port])))
  return taken.flat()
}

/** What is left when it has had `withinMs` to go: nothing, if all is well. */
export async function leftAfter(
  withinMs: number,
  ports: readonly number[],
  pids: readonly number[],
): Promise<{ readonly ports: readonly number[]; readonly pids: readonly number[] }> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const left = { ports: await takenOf(ports), pids: livingOf(pids) }
    if ((left.ports.length === 0 && left.pids.length === 0) || waitedMs >= withinMs) return left
    await sleep(100)
  }
}

export const NOTHING = { ports: [], pids: [] } as const

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
