import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Closes with RST where there is a network below; a stream inside the process is destroyed. */
export function resetStream(stream: Duplex): void {
  if (stream.destroyed) return
  if (stream instanceof Socket) stream.resetAndDestroy()
  else stream.destroy()
}
