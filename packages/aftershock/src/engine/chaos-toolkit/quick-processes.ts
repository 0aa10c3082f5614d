import { setImmediate as turn } from 'node:timers/promises'
import { cLibrary } from './c-library.ts'
import { settleOwed } from './owed-work.ts'
import type { ProcessEnd, ProcessInput } from './run-process.ts'
import { endedWith, type Running } from './running-process.ts'
import { type Started, startsActivityProcesses } from './start-activity-process.ts'
import { waitBriefly } from './wait-briefly.ts'
import { childEnds, watchProcess } from './watch-process.ts'

/** @returns undefined where it cannot: nothing has run then */
export type RunQuickly = (input: ProcessInput) => Promise<ProcessEnd | undefined>

/** For a process that takes longer it is not worth to keep everything else waiting. */
const QUICK_MS = 5
/** So long is everything else kept waiting by many processes that are quick. */
const TURN_MS = 10

/**
 * Runs processes at a fraction of what Node pays: they are started without a copy of ours, and while nothing else runs
 * their end is waited for without a turn of the event loop.
 *
 * @returns undefined where the C library cannot be called
 */
export function quickProcesses(): RunQuickly | undefined {
  const c = cLibrary()
  if (c === undefined) return undefined
  const start = startsActivityProcesses(c)
  const ends = childEnds(c)
  /** How long each file took when it ran last. */
  const lastMs = new Map<string, number>()
  let running = 0
  /** When the event loop had its last turn. */
  let turnMs = 0

  const ended = async (input: ProcessInput, started: Started): Promise<ProcessEnd> => {
    const beganMs = performance.now()
    const isQuick = running === 0 && (lastMs.get(input.file) ?? 0) < QUICK_MS
    const process = runningOf(started)
    running += 1
    try {
      if (isQuick) settleOwed()
      const status = isQuick ? waitBriefly(c, process, Math.min(QUICK_MS, limitOf(input))) : undefined
      if (status !== undefined) return endedWith(process, status)
      const timeoutMs =
        input.timeoutMs === undefined ? undefined : Math.max(0, beganMs + input.timeoutMs - performance.now())
      return await watchProcess(ends, process, { signal: input.signal, timeoutMs })
    } finally {
      running -= 1
      lastMs.set(input.file, performance.now() - beganMs)
    }
  }
  return async (input) => {
    if (input.signal.aborted) return { kind: 'stopped' }
    const started = start(input)
    if (started === undefined) return undefined
    const end = await ended(input, started)
    // Signals, timers and what else there is to do have waited meanwhile.
    if (running === 0 && performance.now() > turnMs + TURN_MS) {
      await turn()
      turnMs = performance.now()
    }
    return end
  }
}

function limitOf({ timeoutMs }: ProcessInput): number {
  return timeoutMs ?? Number.POSITIVE_INFINITY
}

function runningOf({ pid, stdout, stderr }: Started): Running {
  return {
    pid,
    stdout: { descriptor: stdout, text: undefined },
    stderr: { descriptor: stderr, text: undefined },
  }
}
