import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Ask, handOf, type Inquiry } from '../analysis/crew.ts'
import { shareOut } from '../analysis/share-out.ts'
import type { SpanTable } from '../model/span-table.ts'
import type { ToCrewWorker } from './crew-worker.ts'
import { sharedTable } from './shared-table.ts'

/** Threads that analyse tables together; this one works with them. */
export type ThreadCrew = {
  /** Finds the same as one thread does, whatever the number of threads. One inquiry at a time. */
  inquire<Result>(inquiry: Inquiry<Result>, table: SpanTable): Promise<Result>
  stop(): Promise<void>
}

/** @param threads - this one included; 1: no other thread is started */
export function startThreadCrew(threads: number): ThreadCrew {
  const workers = Array.from({ length: threads - 1 }, () => startThread())
  return {
    inquire: async (inquiry, table) => {
      const partitions = shareOut(threads === 1 ? table : sharedTable(table), threads)
      for (const [i, worker] of workers.entries()) {
        worker.send({ kind: 'hold', partitions: partitions.slice(i + 1, i + 2) })
      }
      const own = handOf(partitions.slice(0, 1))
      let seen: readonly unknown[] = []
      for (;;) {
        const next = inquiry.next(seen)
        if (next.done === true) return next.value
        const others = Promise.all(workers.map((worker) => worker.ask(next.value)))
        // Should this thread fail first, theirs is not a second failure.
        others.catch(() => undefined)
        const mine = own.take(next.value)
        seen = [mine, ...(await others)].flat()
      }
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()))
    },
  }
}

function startThread() {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./crew-worker.${extension}`, import.meta.url))
  const send = (message: ToCrewWorker): void => worker.postMessage(message)
  return {
    send,
    ask: async (ask: Ask): Promise<readonly unknown[]> => {
      // `once` rejects when the worker fails.
      const answer = once(worker, 'message')
      send({ kind: 'ask', ask })
      return (await answer)[0]
    },
    stop: () => worker.terminate(),
  }
}
