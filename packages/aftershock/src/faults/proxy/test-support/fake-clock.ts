import type { Clock } from '../clock.ts'

/** Time that passes only when told, so that hours take no time. */
export type FakeClock = Clock & { advance(ms: number): void }

export function fakeClock(): FakeClock {
  let nowMs = 0
  let timers: { readonly atMs: number; readonly run: () => void }[] = []
  return {
    nowMs: () => nowMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), run }
      timers = [...timers, timer].sort((a, b) => a.atMs - b.atMs)
      return () => {
        timers = timers.filter((one) => one !== timer)
      }
    },
    advance(ms) {
      const untilMs = nowMs + ms
      for (let next = timers[0]; next !== undefined && next.atMs <= untilMs; next = timers[0]) {
        timers = timers.slice(1)
        nowMs = next.atMs
        next.run()
      }
      nowMs = untilMs
    },
  }
}
