import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'

export type ProcessInput = {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Record<string, string | undefined>
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal
}

export type ProcessEnd =
  /** `status` is -N when signal N killed it. */
  | { readonly kind: 'ended'; readonly status: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'not-started'; readonly message: string }

/** What is kept of one stream; the rest is read and dropped, and the text says so. */
const STREAM_BYTES_MAX = 64 * 1024 * 1024

/** Runs a process with our stdin and folder. On a time-out or a stop only the process itself is killed, as `subprocess` does. */
export function runProcess(input: ProcessInput): Promise<ProcessEnd> {
  if (input.signal.aborted) return Promise.resolve({ kind: 'stopped' })
  return new Promise((resolve) => {
    const child = spawn(input.file, [...input.args], {
      stdio: ['inherit', 'pipe', 'pipe'],
      env: input.env,
    })
    const stdout = collect(child.stdout)
    const stderr = collect(child.stderr)
    let cut: 'too-long' | 'stopped' | undefined
    const kill = (kind: 'too-long' | 'stopped') => {
      cut ??= kind
      child.kill('SIGKILL')
    }
    const onAbort = () => kill('stopped')
    input.signal.addEventListener('abort', onAbort, { once: true })
    const timer =
      input.timeoutMs === undefined ? undefined : setTimeout(() => kill('too-long'), input.timeoutMs)
    const end = (ended: ProcessEnd) => {
      clearTimeout(timer)
      input.signal.removeEventListener('abort', onAbort)
      resolve(ended)
    }
    child.on('error', (error) => end({ kind: 'not-started', message: error.message }))
    child.on('exit', () => {
      if (cut === undefined) return
      // Grandchildren may hold the pipes open for as long as they please.
      child.stdout.destroy()
      child.stderr.destroy()
      end({ kind: cut })
    })
    child.on('close', (code, signalName) => {
      const status = signalName === null ? (code ?? 0) : -constants.signals[signalName]
      end({ kind: 'ended', status, stdout: stdout(), stderr: stderr() })
    })
  })
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  let dropped = 0
  stream.on('data', (chunk: Buffer) => {
    if (bytes >= STREAM_BYTES_MAX) dropped += chunk.length
    else chunks.push(chunk)
    bytes += chunk.length
  })
  return () => decoded(Buffer.concat(chunks)) + (dropped === 0 ? '' : `\n[${dropped} bytes left out]\n`)
}

/** UTF-8 where it is that; otherwise every byte is a character, so that nothing is lost. */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}
