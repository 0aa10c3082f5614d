import { commandOf, pids } from './process-table.ts'
import { clientSocketsOf, socketsHeld } from './socket-table.ts'

export type DirectCaller = { readonly pid: number; readonly command: string; readonly connections: number }

/** Processes of this machine that are connected to a port; undefined where the system does not tell. */
export function directCallers(port: number): readonly DirectCaller[] | undefined {
  if (process.platform !== 'linux') return undefined
  const sockets = clientSocketsOf(port)
  if (sockets.size === 0) return []
  return pids().flatMap((pid) => {
    const connections = pid === process.pid ? 0 : socketsHeld(pid, sockets)
    return connections === 0 ? [] : [{ pid, command: commandOf(pid).slice(0, 80), connections }]
  })
}
