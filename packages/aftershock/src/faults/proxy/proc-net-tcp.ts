import { readFileSync } from 'node:fs'

/** A row of Linux' /proc/net/tcp; `inode` is "0" when no process holds the socket any more. */
export type TcpRow = {
  readonly localPort: number
  readonly remotePort: number
  readonly state: number
  readonly inode: string
}

export const TCP_SYN_SENT = 2

const FILES = ['/proc/net/tcp', '/proc/net/tcp6']

/** Sockets of this network namespace; none where there is no /proc. */
export function readTcpRows(isWanted: (row: TcpRow) => boolean): TcpRow[] {
  const rows: TcpRow[] = []
  for (const file of FILES) {
    let text: string
    try {
      text = readFileSync(file, 'latin1')
    } catch {
      continue
    }
    for (const line of text.split('\n')) {
      const row = parseTcpRow(line)
      if (row !== undefined && isWanted(row)) rows.push(row)
    }
  }
  return rows
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
