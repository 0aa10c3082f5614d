/** Time comes in through the door, so that a stage can be driven without waiting. */
export type Clock = {
  /** Monotonic milliseconds with fractions; the zero is arbitrary. */
  nowMs(): number
  /** Runs once after `delayMs`; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void
}

const TIMER_MAX_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(TIMER_MAX_MS, Math.ceil(Math.max(0, delayMs))))
    return () => clearTimeout(timer)
  },
}
