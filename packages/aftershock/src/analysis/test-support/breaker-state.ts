import type { Breaker } from './world.ts'

export type End = 'ok' | 'failed' | 'timeout' | 'rejected'
export type BreakerState = { failures: number; openUntilMs: number; isProbing: boolean }

/** Lets a call through, as a probe where it was open and is due; undefined where there is no breaker. */
export function isRejecting(state: BreakerState | undefined, nowMs: number): boolean {
  if (state === undefined) return false
  if (nowMs < state.openUntilMs || state.isProbing) return true
  state.isProbing = state.openUntilMs > 0
  return false
}

export function settleBreaker(state: BreakerState, breaker: Breaker, end: End, nowMs: number): void {
  state.isProbing = false
  if (end === 'ok') {
    state.failures = 0
    state.openUntilMs = 0
    return
  }
  state.failures += 1
  if (state.failures >= breaker.failures) state.openUntilMs = nowMs + breaker.openMs
}
