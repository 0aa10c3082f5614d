import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** A row of Linux' /proc/net/tcp; `inode` is "0" when no process holds the socket any more. */
export type TcpRow = {
  readonly localPort: number
  readonly remotePort: number
  readonly state: number
  readonly inode: string
}

export const TCP_SYN_SENT = 2
export const TCP_LISTEN = 10

const FILES = ['/proc/net/tcp', '/proc/net/tcp6']

let reading: Promise<readonly TcpRow[]> | undefined
let next: Promise<readonly TcpRow[]> | undefined

/**
 * Sockets of this network namespace, as they are after the call; none where there is no /proc. The kernel
 * walks all its sockets for it (milliseconds), so those who ask meanwhile share the next reading.
 */
export function readTcpRows(): Promise<readonly TcpRow[]> {
  if (next !== undefined) return next
  const mine = (reading ?? Promise.resolve()).then(() => {
    next = undefined
    reading = readNow()
    return reading
  })
  next = mine
  return mine
}

async function readNow(): Promise<readonly TcpRow[]> {
  const texts = await Promise.all(FILES.map((file) => readFile(file, 'latin1').catch(() => '')))
  return texts.flatMap(rowsOf)
}

/** The same at once, for callers that ask rarely and cannot wait. */
export function tcpRowsNow(): readonly TcpRow[] {
  return FILES.flatMap((path) => {
    try {
      return rowsOf(readFileSync(path, 'latin1'))
    } catch {
      return []
    }
  })
}

function rowsOf(text: string): readonly TcpRow[] {
  return text.split('\n').flatMap((line) => parseTcpRow(line) ?? [])
}

/** Fields: `sl local remote st tx:rx tr:tm retrnsmt uid timeout inode …`, addresses as hex `ip:port`. */
export function parseTcpRow(line: string): TcpRow | undefined {
  const fields = line.trim().split(/\s+/, 10)
  const [, local, remote, state, , , , , , inode] = fields
  if (local === undefined || remote === undefined || state === undefined || inode === undefined)
    return undefined
  const localPort = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)
  const remotePort = Number.parseInt(remote.slice(remote.lastIndexOf(':') + 1), 16)
  if (Number.isNaN(localPort) || Number.isNaN(remotePort)) return undefined
  return { localPort, remotePort, state: Number.parseInt(state, 16), inode }
}
