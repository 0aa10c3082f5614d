import type { Breaker } from './world.ts'

export type End = 'ok' | 'failed' | 'timeout' | 'rejected'
export type BreakerState = {
  failures: number
  openUntilMs: number
  isProbing: boolean
  /** Good calls since it was half open. */
  probed: number
  /** Times it opened, when and until when, and how many it rejected meanwhile. */
  readonly spells: Spell[]
}
export type Spell = { readonly openedMs: number; closedMs: number | undefined; rejected: number }

export function closedBreaker(): BreakerState {
  return { failures: 0, openUntilMs: 0, isProbing: false, probed: 0, spells: [] }
}

/** Lets a call through, as a probe where it was open and is due; undefined where there is no breaker. */
export function isRejecting(state: BreakerState | undefined, nowMs: number): boolean {
  if (state === undefined) return false
  if (nowMs < state.openUntilMs || state.isProbing) {
    const spell = state.spells.at(-1)
    if (spell !== undefined) spell.rejected += 1
    return true
  }
  state.isProbing = state.openUntilMs > 0
  return false
}

export function settleBreaker(state: BreakerState, breaker: Breaker, end: End, nowMs: number): void {
  const spell = state.spells.at(-1)
  const wasOpen = state.openUntilMs > 0
  state.isProbing = false
  if (end === 'ok') {
    state.failures = 0
    state.probed += 1
    if (wasOpen && state.probed < (breaker.probes ?? 1)) return
    state.openUntilMs = 0
    if (wasOpen && spell !== undefined) spell.closedMs = nowMs
    return
  }
  state.failures += 1
  state.probed = 0
  if (state.failures < breaker.failures && !wasOpen) return
  if (!wasOpen) state.spells.push({ openedMs: nowMs, closedMs: undefined, rejected: 0 })
  state.openUntilMs = nowMs + breaker.openMs
}
