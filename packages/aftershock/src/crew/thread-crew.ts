import { once } from 'node:events'
import nodeModule from 'node:module'
import { dirname } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Ask, Inquiry } from '../analysis/crew.ts'
import { ProblemError } from '../model/problem.ts'
import { cpuClock } from './cpu-clock.ts'
import { type CrewHand, type CrewSpans, crewHand, threadsColumns } from './crew-hand.ts'
import type { Answer, FromCrewWorker, ToCrewWorker } from './crew-worker.ts'
import { sharedTable } from './shared-table.ts'

/** Threads that analyse tables together; this one works with them. */
export type ThreadCrew = {
  /** Finds the same as one thread does, whatever the number of threads. One inquiry at a time. */
  inquire<Result>(
    inquiry: Inquiry<Result>,
    spans: CrewSpans,
    onStep?: (worked: StepWorked) => void,
  ): Promise<Result>
  stop(): Promise<void>
}

/** CPU time of a step: what threads do at the same time, and what all of them wait for. */
export type StepWorked = {
  readonly step: string
  /** In this thread, before the step was asked: what the inquiry made of the answers to the one before. */
  readonly betweenMs: number
  /** In each thread, this one first. */
  readonly threadsMs: readonly number[]
  /** Not CPU time: how long this thread had nothing to do until the last of the others had answered. */
  readonly waitedMs: number
}

/** @param threads - this one included; 1: no other thread is started */
export function startThreadCrew(threads: number): ThreadCrew {
  const workers = Array.from({ length: threads - 1 }, () => startThread())
  const columns = threadsColumns()
  return {
    inquire: async (inquiry, given, onStep) => {
      const spans = threads === 1 ? given : sharedSpans(given)
      for (const [i, worker] of workers.entries()) {
        worker.send({ kind: 'hold', spans, share: i + 1, shares: threads })
      }
      const own = crewHand(spans, 0, threads, columns)
      setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT[spans.kind]}`)
      try {
        return await answered(inquiry, own, workers, ASKED_TO_GROW[spans.kind], onStep)
      } finally {
        own.letGo()
        setFlagsFromString('--heap-growing-percent=0')
        setFlagsFromString('--semi-space-growth-factor=2')
      }
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()))
    },
  }
}

/**
 * Of what a heap holds, how much more may come before it is collected. Of spans in a file hardly more is alive of many
 * than of few, while V8 would wait for four times as much; of those in memory it would not wait long enough.
 */
const GROWING_PERCENT: Readonly<Record<CrewSpans['kind'], number>> = { table: 800, spooled: 50 }

type Thread = ReturnType<typeof startThread>

async function answered<Result>(
  inquiry: Inquiry<Result>,
  own: CrewHand,
  workers: readonly Thread[],
  askedToGrow: number,
  onStep: ((worked: StepWorked) => void) | undefined,
): Promise<Result> {
  const clock = cpuClock()
  let asked = 0
  let seen: readonly unknown[] = []
  for (;;) {
    if (asked === askedToGrow) setFlagsFromString('--semi-space-growth-factor=1')
    const next = inquiry.next(seen)
    const betweenMs = clock()
    if (next.done === true) return next.value
    const others = Promise.all(workers.map((worker) => worker.ask(next.value)))
    // Should this thread fail first, theirs is not a second failure.
    others.catch(() => undefined)
    const mine = own.take(next.value)
    const ownMs = clock()
    const doneMs = performance.now()
    const theirs = await others
    const waitedMs = performance.now() - doneMs
    const threadsMs = [ownMs, ...theirs.map((answer) => answer.cpuMs)]
    onStep?.({ step: next.value.step, betweenMs, threadsMs, waitedMs })
    seen = [mine, ...theirs.map((answer) => answer.seen)].flat()
    asked += 1
  }
}

/**
 * After so many steps what is young has the room that it needs, in each thread. When the answers of many spans come in,
 * V8 would double it, and double it again, and fill it all before it collects any of it. Reading spans into a file has
 * given it enough.
 */
const ASKED_TO_GROW: Readonly<Record<CrewSpans['kind'], number>> = { table: 4, spooled: 0 }

function sharedSpans(spans: CrewSpans): CrewSpans {
  return spans.kind === 'table' ? { kind: 'table', table: sharedTable(spans.table) } : spans
}

/** What a step makes is gone soon, and is small: with more room it would only be collected later. */
const YOUNG_MB = 16

function startThread() {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const options = { env: workerEnv(), resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } }
  const worker = new Worker(new URL(`./crew-worker.${extension}`, import.meta.url), options)
  const send = (message: ToCrewWorker): void => worker.postMessage(message)
  return {
    send,
    ask: (ask: Ask): Promise<Answer> => {
      const answer = answerOf(worker)
      send({ kind: 'ask', ask })
      return answer
    },
    stop: () => worker.terminate(),
  }
}

/** @throws ProblemError as it was thrown there; Error when the thread fails or ends */
async function answerOf(worker: Worker): Promise<Answer> {
  const heard = new AbortController()
  const said = once(worker, 'message', heard)
  const gone = once(worker, 'exit', heard).then(([code]) => {
    throw new Error(`a thread of the analysis ended: exit code ${code}`)
  })
  try {
    const [answer] = (await Promise.race([said, gone])) as [FromCrewWorker]
    if (answer.kind === 'problem') throw new ProblemError(answer.problems, answer.exitCode)
    return answer
  } finally {
    heard.abort()
  }
}

/** A thread keeps no cache of compiled code unless it is told of one: without, it reads and compiles all of it anew. */
function workerEnv(): NodeJS.ProcessEnv {
  const folder = nodeModule.getCompileCacheDir?.()
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(folder) }
}
