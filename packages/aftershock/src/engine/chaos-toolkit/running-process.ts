import type { CLibrary } from './c-library.ts'
import type { ProcessEnd } from './run-process.ts'
import { type StreamText, streamText } from './stream-text.ts'

/** A stream of a process: where to read it, -1 once it has ended, and what it said so far. */
export type Stream = { descriptor: number; text: StreamText | undefined }

export type Running = { readonly pid: number; readonly stdout: Stream; readonly stderr: Stream }

export function say(stream: Stream, piece: Buffer): void {
  stream.text ??= streamText()
  stream.text.push(piece)
}

const status = new Int32Array(1)
const WITHOUT_WAITING = 1

/** @returns its exit code, or minus the signal that killed it; undefined while it lives. It is to be asked once then */
export function endOf(c: CLibrary, pid: number): number | undefined {
  if (c.wait(pid, status, WITHOUT_WAITING) !== pid) return undefined
  const [word = 0] = status
  const signal = word & 0x7f
  return signal === 0 ? (word >> 8) & 0xff : -signal
}

export function endedWith({ stdout, stderr }: Running, status: number): ProcessEnd {
  return { kind: 'ended', status, stdout: stdout.text?.text() ?? '', stderr: stderr.text?.text() ?? '' }
}
