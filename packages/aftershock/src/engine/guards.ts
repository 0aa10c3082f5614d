import type { Clock } from './clock.ts'
import type { LoadSample, LoadView } from './ports.ts'

/** Stops the run when `breached` has been so for `forMs` without a break. */
export type RunningGuard = {
  readonly text: string
  readonly forMs: number
  /** Entries whose name contains this; undefined = all requests together. */
  readonly entry: string | undefined
  /** The offending value in words, or undefined when all is well. */
  readonly breached: (sample: LoadSample) => string | undefined
}

/** Requests in a second too few to judge: a guard neither trips nor resets on them. */
const requestsMin = 3

/** @returns a function to call several times a second; it gives the guard that tripped, once */
export function watchGuards(
  guards: readonly RunningGuard[],
  load: LoadView,
  clock: Clock,
): () => { readonly text: string; readonly value: string } | undefined {
  const begun = guards.map((guard) => ({ guard, sinceNs: new Map<string | undefined, bigint>() }))
  return () => {
    for (const { guard, sinceNs } of begun) {
      // Each entry by itself: one that is well says nothing about another.
      for (const entry of entriesOf(guard, load)) {
        const sample = load.recent(1_000, entry)
        if (sample.requests < requestsMin) continue
        const value = guard.breached(sample)
        if (value === undefined) {
          sinceNs.delete(entry)
          continue
        }
        const since = sinceNs.get(entry) ?? clock.nowNs()
        sinceNs.set(entry, since)
        if (Number(clock.nowNs() - since) / 1e6 >= guard.forMs) return { text: guard.text, value }
      }
    }
    return undefined
  }
}

function entriesOf(guard: RunningGuard, load: LoadView): readonly (string | undefined)[] {
  const { entry } = guard
  return entry === undefined
    ? [undefined]
    : load.entries().filter((name) => name.toLowerCase().includes(entry.toLowerCase()))
}
