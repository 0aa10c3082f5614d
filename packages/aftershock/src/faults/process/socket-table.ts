import { readdirSync, readlinkSync } from 'node:fs'
import { TCP_LISTEN, tcpRowsNow } from '../tcp-rows.ts'
import { pids } from './process-table.ts'

/** Processes that listen on the TCP port. Linux only; empty elsewhere and for other users' processes. */
export function ownersOfPort(port: number): readonly number[] {
  const inodes = new Set(
    tcpRowsNow()
      .filter((row) => row.state === TCP_LISTEN && row.localPort === port)
      .map((row) => `socket:[${row.inode}]`),
  )
  if (inodes.size === 0) return []
  return pids().filter((pid) => socketsOf(pid).some((link) => inodes.has(link)))
}

/** Inodes of the client ends of connections to a TCP port, from this machine. Linux only. */
export function clientSocketsOf(port: number): ReadonlySet<string> {
  const clients = tcpRowsNow().filter(
    (row) => row.state !== TCP_LISTEN && row.remotePort === port && row.inode !== '0',
  )
  return new Set(clients.map((row) => `socket:[${row.inode}]`))
}

/** How many of the sockets a process holds. Linux only. */
export function socketsHeld(pid: number, sockets: ReadonlySet<string>): number {
  return socketsOf(pid).filter((link) => sockets.has(link)).length
}

/** TCP ports that any of these processes listens on. Linux only. */
export function listeningPortsOf(members: readonly number[]): readonly number[] {
  const links = new Set(members.flatMap((pid) => socketsOf(pid)))
  const ports = tcpRowsNow()
    .filter((row) => row.state === TCP_LISTEN && links.has(`socket:[${row.inode}]`))
    .map((row) => row.localPort)
  return [...new Set(ports)]
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
