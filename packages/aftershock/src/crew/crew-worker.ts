import { parentPort } from 'node:worker_threads'
import { type Ask, type Hand, handOf } from '../analysis/crew.ts'
import type { Partition } from '../analysis/partition-steps.ts'

export type ToCrewWorker =
  | { readonly kind: 'hold'; readonly partitions: readonly Partition[] }
  | { readonly kind: 'ask'; readonly ask: Ask }

/** A thread that holds some partitions and answers what all of them are asked. */
function main(): void {
  const port = parentPort
  if (port === null) throw new Error('crew-worker.ts runs as a worker thread only')
  let hand: Hand = handOf([])
  port.on('message', (message: ToCrewWorker) => {
    if (message.kind === 'hold') hand = handOf(message.partitions)
    else port.postMessage(hand.take(message.ask))
  })
}

main()
