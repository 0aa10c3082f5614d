import type { PythonWorker } from './worker.ts'
import type { Reply } from './worker-channel.ts'

/** A call that was told to stop has this long; then its worker is ended, or a background call left behind. */
export const STOP_MS = 800

export type Stoppable = {
  readonly signal: AbortSignal
  readonly lane: 'foreground' | 'background' | 'any'
  /** For people, when the worker had to be ended. */
  readonly name: string
  readonly onKilled: (why: string) => void
}

/**
 * Asks, and stops the call when the signal fires. Python that hangs in C code cannot be interrupted: in the
 * foreground the worker is killed, and the next request starts a fresh one.
 */
export async function askStoppable(
  worker: PythonWorker,
  op: string,
  body: object,
  stop: Stoppable,
): Promise<Reply> {
  const { id, reply } = worker.channel.ask(op, { ...body, lane: stop.lane })
  let timer: NodeJS.Timeout | undefined
  const abandoned = new Promise<Reply>((resolve) => {
    const onAbort = (): void => {
      worker.channel.tell('cancel', { call: id })
      timer = setTimeout(() => {
        const why = `${stop.name} did not stop within ${STOP_MS} ms`
        if (stop.lane === 'background') resolve({ kind: 'lost', why })
        else {
          worker.kill(why)
          stop.onKilled(why)
        }
      }, STOP_MS)
    }
    if (stop.signal.aborted) onAbort()
    else {
      stop.signal.addEventListener('abort', onAbort, { once: true })
      void reply.then(() => stop.signal.removeEventListener('abort', onAbort))
    }
  })
  const first = await Promise.race([reply, abandoned])
  clearTimeout(timer)
  return first
}
