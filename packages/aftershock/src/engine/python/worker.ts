import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { DocumentGraph } from './document-graph.ts'
import type { Interpreter } from './interpreter.ts'
import { type Reply, type WorkerChannel, type WorkerEvent, workerChannel } from './worker-channel.ts'
import { workerFolder } from './worker-files.ts'

/** One Python process. It ends when we close its pipe, so it cannot outlive us. */
export type PythonWorker = {
  readonly channel: WorkerChannel
  /** The run's document as this process knows it. */
  readonly graph: DocumentGraph
  readonly hello: Promise<Reply>
  isLost(): boolean
  /** Why no process could be started at all; then another try is useless. */
  missing(): string | undefined
  /** At once; what waits for an answer gets `lost`. */
  kill(why: string): void
  /** Asks it to end, waits a little, then kills. */
  close(): Promise<void>
}

const CLOSE_MS = 3000

/**
 * Starts the worker. Returns before Python is up: the first requests wait in the pipe.
 *
 * @param firstHandle - handles of objects count from here, so that those of an earlier worker are never mistaken
 */
export function startWorker(
  interpreter: Interpreter,
  env: NodeJS.ProcessEnv,
  firstHandle: number,
  onEvent: (event: WorkerEvent) => void,
): PythonWorker {
  const child = spawn(interpreter.command, ['-u', '-X', 'utf8', workerFolder()], {
    // What extensions print goes to stderr: stdout carries our result. A session of its own: the terminal's Ctrl-C
    // is for us, and we say what it means.
    stdio: ['inherit', 2, 2, 'pipe', 'pipe'],
    detached: true,
    env,
  })
  const channel = workerChannel(child.stdio[3] as Writable, child.stdio[4] as Readable, onEvent)
  let missing: string | undefined
  let isLost = false
  let isReady = false
  const lose = (why: string): void => {
    isLost = true
    channel.lose(why)
  }
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      missing = cannotStart(interpreter, error.code ?? error.message)
      lose(missing)
      resolve()
    })
    // After the pipes: an answer that it sent before it ended counts.
    child.once('close', (code, signal) => {
      if (!isReady) missing = cannotStart(interpreter, `it ended with ${signal ?? `exit code ${code}`}`)
      lose(missing ?? `the Python worker ended with ${signal ?? `exit code ${code}`}`)
      resolve()
    })
  })
  child.unref()
  const hello = channel.ask('hello', { firstHandle }).reply.then((reply) => {
    isReady = reply.kind === 'ok'
    return reply
  })
  return {
    channel,
    graph: new DocumentGraph(),
    hello,
    isLost: () => isLost,
    missing: () => missing,
    kill: (why) => {
      isReady = true
      lose(why)
      child.kill('SIGKILL')
    },
    close: async () => {
      channel.tell('shutdown', {})
      child.ref()
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

function cannotStart(interpreter: Interpreter, why: string): string {
  return (
    `Python cannot be started: \`${interpreter.command}\` (from ${interpreter.source}): ${why}. ` +
    'Install Python 3.8 or newer with the extensions that the experiment uses, or name one with --python or CHAOS_PYTHON'
  )
}
