import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { streamText } from './stream-text.ts'

export type ProcessInput = {
  readonly file: string
  readonly args: readonly string[]
  /** Beside our own environment. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal
}

export type ProcessEnd =
  /** `status` is -N when signal N killed it. */
  | { readonly kind: 'ended'; readonly status: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'too-long' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'not-started'; readonly message: string }

export type RunProcess = (input: ProcessInput) => Promise<ProcessEnd>

/** Runs a process with our stdin and folder. On a time-out or a stop only the process itself is killed, as `subprocess` does. */
export function runProcess(input: ProcessInput): Promise<ProcessEnd> {
  if (input.signal.aborted) return Promise.resolve({ kind: 'stopped' })
  return new Promise((resolve) => {
    const child = spawn(input.file, [...input.args], {
      stdio: ['inherit', 'pipe', 'pipe'],
      env: { ...process.env, ...input.env },
    })
    const stdout = streamText()
    const stderr = streamText()
    child.stdout.on('data', stdout.push)
    child.stderr.on('data', stderr.push)
    const limits = limitsOf(input, () => {
      child.kill('SIGKILL')
      endCut()
    })
    const end = (ended: ProcessEnd) => {
      limits.lift()
      resolve(ended)
    }
    child.on('error', (error) => end({ kind: 'not-started', message: error.message }))
    const endCut = () => {
      const cut = limits.cut()
      if (cut === undefined || (child.exitCode ?? child.signalCode) === null) return
      // Grandchildren may hold the pipes open for as long as they please.
      child.stdout.destroy()
      child.stderr.destroy()
      end({ kind: cut })
    }
    child.on('exit', endCut)
    child.on('close', (code, signalName) => {
      const status = signalName === null ? (code ?? 0) : -constants.signals[signalName]
      end({ kind: 'ended', status, stdout: stdout.text(), stderr: stderr.text() })
    })
  })
}

/** Why a process was killed by us. */
export type Cut = 'too-long' | 'stopped'

export type Limits = { readonly cut: () => Cut | undefined; readonly lift: () => void }

/** Kills at the end of the time, and at the end of the run. */
export function limitsOf(
  { signal, timeoutMs }: Pick<ProcessInput, 'signal' | 'timeoutMs'>,
  kill: () => void,
): Limits {
  let cut: Cut | undefined
  const because = (why: Cut) => {
    cut ??= why
    kill()
  }
  const onAbort = () => because('stopped')
  signal.addEventListener('abort', onAbort, { once: true })
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => because('too-long'), timeoutMs)
  return {
    cut: () => cut,
    lift: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}
