import { parentPort } from 'node:worker_threads'
import type { Ask } from '../analysis/crew.ts'
import { buffersIn } from './buffers-in.ts'
import { type CrewSpans, crewHand } from './crew-hand.ts'

export type ToCrewWorker =
  /** Spans to analyse, and which part of their traces is this thread's. */
  | { readonly kind: 'hold'; readonly spans: CrewSpans; readonly share: number; readonly shares: number }
  | { readonly kind: 'ask'; readonly ask: Ask }

export type FromCrewWorker = {
  readonly seen: readonly unknown[]
  /** What the thread has worked for the answer. */
  readonly cpuMs: number
}

/** Smaller columns are copied; those that a hand keeps in memory are among them. */
const GIVEN_BYTES_MIN = 65_536

/** A thread that holds some partitions and answers what all of them are asked. */
function main(): void {
  const port = parentPort
  if (port === null) throw new Error('crew-worker.ts runs as a worker thread only')
  let hand = crewHand(undefined, 0, 1)
  let worked = process.threadCpuUsage()
  port.on('message', (message: ToCrewWorker) => {
    if (message.kind === 'hold') {
      hand.letGo()
      hand = crewHand(message.spans, message.share, message.shares)
    } else {
      const seen = hand.take(message.ask)
      const { user, system } = process.threadCpuUsage(worked)
      worked = process.threadCpuUsage()
      const answer: FromCrewWorker = { seen, cpuMs: (user + system) / 1000 }
      port.postMessage(answer, hand.givesAway ? [...buffersIn(seen, GIVEN_BYTES_MIN)] : [])
    }
  })
}

main()
