import { readSync } from 'node:fs'
import type { CLibrary } from './c-library.ts'
import { endOf, type Running, type Stream, say } from './running-process.ts'

const READABLE = 1
const PIECE_BYTES = 65_536
/** A process closes its streams a moment before it is dead. */
const MOMENTS = 20

const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
/** Two times: descriptor; what to wait for and, in the upper half, what there is. */
const set = Int32Array.of(-1, READABLE, -1, READABLE)

/**
 * Reads what a process says until it has ended, without a turn of the event loop.
 * @returns as `endOf`; undefined when it takes longer than `patienceMs`
 */
export function waitBriefly(c: CLibrary, process: Running, patienceMs: number): number | undefined {
  const { pid, stdout, stderr } = process
  const untilMs = performance.now() + patienceMs
  let leftMs = patienceMs
  while (stdout.descriptor !== -1 || stderr.descriptor !== -1) {
    if (leftMs <= 0) return undefined
    set[0] = stdout.descriptor
    set[1] = READABLE
    set[2] = stderr.descriptor
    set[3] = READABLE
    // Cut short by a signal it says nothing: its listener has its turn when we are back in the event loop.
    if (c.poll(set, 2, Math.ceil(leftMs)) > 0) {
      take(c, stdout, (set[1] ?? 0) >> 16)
      take(c, stderr, (set[3] ?? 0) >> 16)
    }
    leftMs = untilMs - performance.now()
  }
  for (let moment = 0; moment < MOMENTS; moment++) {
    const status = endOf(c, pid)
    if (status !== undefined) return status
    c.yield()
  }
  return undefined
}

function take(c: CLibrary, stream: Stream, found: number): void {
  if (found === 0) return
  const bytes = (found & READABLE) === 0 ? 0 : readSync(stream.descriptor, piece)
  if (bytes > 0) {
    say(stream, Buffer.from(piece.subarray(0, bytes)))
    return
  }
  c.close(stream.descriptor)
  stream.descriptor = -1
}
