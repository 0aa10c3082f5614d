import { parentPort } from 'node:worker_threads'
import type { Ask } from '../analysis/crew.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import { buffersIn } from './buffers-in.ts'
import { cpuClock } from './cpu-clock.ts'
import { type CrewSpans, crewHand, threadsColumns } from './crew-hand.ts'

export type ToCrewWorker =
  /** Spans to analyse, and which part of their traces is this thread's. */
  | { readonly kind: 'hold'; readonly spans: CrewSpans; readonly share: number; readonly shares: number }
  | { readonly kind: 'ask'; readonly ask: Ask }

export type FromCrewWorker =
  | Answer
  /** An error loses its class on the way: something that a person can fix is told as what it is. */
  | {
      readonly kind: 'problem'
      readonly problems: readonly Problem[]
      readonly exitCode: ProblemError['exitCode']
    }

export type Answer = {
  readonly kind: 'answer'
  readonly seen: readonly unknown[]
  /** What the thread has worked for the answer. */
  readonly cpuMs: number
}

/** Smaller columns are copied; those that a hand keeps in memory are among them. */
const GIVEN_BYTES_MIN = 65_536

function ownBuffers(seen: unknown): readonly ArrayBuffer[] {
  return [...buffersIn(seen, GIVEN_BYTES_MIN)].filter((buffer) => buffer instanceof ArrayBuffer)
}

/** A thread that holds some partitions and answers what all of them are asked. */
function main(): void {
  const port = parentPort
  if (port === null) throw new Error('crew-worker.ts runs as a worker thread only')
  const columns = threadsColumns()
  let hand = crewHand(undefined, 0, 1, columns)
  const clock = cpuClock()
  const answer = (ask: Ask): void => {
    const seen = hand.take(ask)
    const said: Answer = { kind: 'answer', seen, cpuMs: clock() }
    port.postMessage(said, hand.givesAway ? ownBuffers(seen) : [])
  }
  port.on('message', (message: ToCrewWorker) => {
    try {
      if (message.kind === 'ask') answer(message.ask)
      else {
        hand.letGo()
        hand = crewHand(message.spans, message.share, message.shares, columns)
      }
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      const said: FromCrewWorker = { kind: 'problem', problems: error.problems, exitCode: error.exitCode }
      port.postMessage(said)
    }
  })
}

main()
