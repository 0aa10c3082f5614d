import { readTcpRows } from '../tcp-rows.ts'

/** ESTABLISHED, CLOSE_WAIT: a process still holds these. */
const HELD = new Set([1, 8])

/**
 * Whether the process that connected from `remotePort` has closed the connection. A FIN alone does not
 * tell: it may have closed only its sending side, and still wait for the answer. Linux shows a socket
 * that no process holds with inode 0; elsewhere nothing is known, and the answer is no.
 */
export async function isAbandoned(remotePort: number): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const rows = (await readTcpRows()).filter((row) => row.localPort === remotePort)
  if (rows.length === 0) return true
  return !rows.some((row) => HELD.has(row.state) || row.inode !== '0')
}
