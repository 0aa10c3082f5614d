import { Socket } from 'node:net'
import type { CLibrary } from './c-library.ts'
import { limitsOf, type ProcessEnd, type ProcessInput } from './run-process.ts'
import { endedWith, endOf, type Running, type Stream, say } from './running-process.ts'

/** Calls `onEnd` with what `endOf` says. */
export type ChildEnds = (pid: number, onEnd: (status: number) => void) => void

/** Should the signal be lost; and what waits here keeps us alive. */
const LOOK_MS = 1000

/** The system tells with SIGCHLD that some child has ended, not which. */
export function childEnds(c: CLibrary): ChildEnds {
  const waiting = new Map<number, (status: number) => void>()
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    for (const [pid, onEnd] of waiting) {
      const status = endOf(c, pid)
      if (status === undefined) continue
      waiting.delete(pid)
      onEnd(status)
    }
    if (waiting.size > 0) return
    clearInterval(timer)
    process.off('SIGCHLD', look)
  }
  return (pid, onEnd) => {
    waiting.set(pid, onEnd)
    if (waiting.size === 1) {
      process.on('SIGCHLD', look)
      timer = setInterval(look, LOOK_MS)
    }
    // It may have ended before we listened.
    look()
  }
}

/** As `runProcess`, for a process that runs already. */
export function watchProcess(
  ends: ChildEnds,
  running: Running,
  input: Pick<ProcessInput, 'signal' | 'timeoutMs'>,
): Promise<ProcessEnd> {
  const { pid, stdout, stderr } = running
  return new Promise((resolve) => {
    let status: number | undefined
    const sockets: Socket[] = []
    const endWhole = () => {
      const cut = limits.cut()
      if (status === undefined || (cut === undefined && sockets.some((one) => !one.destroyed))) return
      limits.lift()
      // Grandchildren may hold the pipes open for as long as they please.
      for (const socket of sockets) socket.destroy()
      resolve(cut === undefined ? endedWith(running, status) : { kind: cut })
    }
    const limits = limitsOf(input, () => {
      if (status === undefined) process.kill(pid, 'SIGKILL')
      else endWhole()
    })
    for (const stream of [stdout, stderr])
      if (stream.descriptor !== -1) sockets.push(socketOf(stream, endWhole))
    ends(pid, (found) => {
      status = found
      endWhole()
    })
  })
}

function socketOf(stream: Stream, onClose: () => void): Socket {
  const socket = new Socket({ fd: stream.descriptor, readable: true, writable: false })
  socket.on('data', (piece) => say(stream, piece))
  // What it said until then is what there is.
  socket.on('error', () => {})
  socket.on('close', onClose)
  return socket
}
