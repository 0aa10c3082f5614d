import { interpreterFor } from './interpreter.ts'
import { type PythonWorker, startWorker } from './worker.ts'
import type { WorkerEvent } from './worker-channel.ts'

export type PythonOptions = {
  /** `--python`. */
  readonly interpreter: string | undefined
  /** Read when the worker starts, so that variables of `.env` files reach it. */
  readonly env: () => NodeJS.ProcessEnv
  readonly onEvent: (event: WorkerEvent) => void
}

/** The run's worker: none until somebody asks, a fresh one when the last was lost. */
export type CurrentWorker = {
  /** Starts one when there is none. */
  get(): PythonWorker
  /** Undefined while nobody asked. */
  peek(): PythonWorker | undefined
}

const HANDLES_A_WORKER = 2 ** 32

export function currentWorker(options: PythonOptions): CurrentWorker {
  let worker: PythonWorker | undefined
  let started = 0
  return {
    peek: () => worker,
    get: () => {
      // A machine without Python gets none by asking again.
      if (worker !== undefined && (!worker.isLost() || worker.missing() !== undefined)) return worker
      const env = options.env()
      worker = startWorker(
        interpreterFor(options.interpreter, env),
        env,
        started * HANDLES_A_WORKER,
        options.onEvent,
      )
      started += 1
      return worker
    },
  }
}
