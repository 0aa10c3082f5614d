import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { pids } from './process-table.ts'

/** A TCP socket of this machine. Ports in host order; the inode names the socket. */
type SocketRow = {
  readonly localPort: number
  readonly remotePort: number
  readonly listening: boolean
  readonly inode: string
}

/** Processes that listen on the TCP port. Linux only; empty elsewhere and for other users' processes. */
export function ownersOfPort(port: number): readonly number[] {
  const inodes = new Set(
    rows()
      .filter((row) => row.listening && row.localPort === port)
      .map((row) => `socket:[${row.inode}]`),
  )
  if (inodes.size === 0) return []
  return pids().filter((pid) => socketsOf(pid).some((link) => inodes.has(link)))
}

/** Inodes of the client ends of connections to a TCP port, from this machine. Linux only. */
export function clientSocketsOf(port: number): ReadonlySet<string> {
  const clients = rows().filter((row) => !row.listening && row.remotePort === port && row.inode !== '0')
  return new Set(clients.map((row) => `socket:[${row.inode}]`))
}

/** How many of the sockets a process holds. Linux only. */
export function socketsHeld(pid: number, sockets: ReadonlySet<string>): number {
  return socketsOf(pid).filter((link) => sockets.has(link)).length
}

/** TCP ports that any of these processes listens on. Linux only. */
export function listeningPortsOf(members: readonly number[]): readonly number[] {
  const links = new Set(members.flatMap((pid) => socketsOf(pid)))
  const ports = rows()
    .filter((row) => row.listening && links.has(`socket:[${row.inode}]`))
    .map((row) => row.localPort)
  return [...new Set(ports)]
}

/**
 * Which of the given processes holds the client end of a connection of this machine.
 *
 * @param clientPort - the port the connection comes from
 * @param serverPort - the port it goes to
 * @returns undefined when none of them does, the connection is gone, or this is not Linux
 */
export async function ownerOfConnection(
  clientPort: number,
  serverPort: number,
  candidates: readonly number[],
): Promise<number | undefined> {
  const texts = await Promise.all(TABLES.map((path) => readFile(path, 'utf8').catch(() => '')))
  const row = texts
    .flatMap(rowsOf)
    .find((each) => each.localPort === clientPort && each.remotePort === serverPort && !each.listening)
  if (row === undefined || row.inode === '0') return undefined
  const wanted = `socket:[${row.inode}]`
  for (const pid of candidates) if (await holds(pid, wanted)) return pid
  return undefined
}

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

async function holds(pid: number, wanted: string): Promise<boolean> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  return links.includes(wanted)
}

function socketsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${name}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

function rows(): readonly SocketRow[] {
  return TABLES.flatMap((path) => {
    try {
      return rowsOf(readFileSync(path, 'utf8'))
    } catch {
      return []
    }
  })
}

/** `sl local rem st tx:rx tr:tm retr uid timeout inode …`, addresses as hex `IP:PORT`, state 0A = listen. */
function rowsOf(text: string): readonly SocketRow[] {
  return text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.trim().split(/\s+/)
      return {
        localPort: Number.parseInt(fields[1].slice(fields[1].lastIndexOf(':') + 1), 16),
        remotePort: Number.parseInt(fields[2].slice(fields[2].lastIndexOf(':') + 1), 16),
        listening: fields[3] === '0A',
        inode: fields[9],
      }
    })
}
