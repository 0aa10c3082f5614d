import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
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

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

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
