import type { Clock } from './clock.ts'
import type { LoadSample, LoadView } from './ports.ts'

export type UsersBack = {
  /** Call it often; it remembers since when every entry has been back in its baseline band. */
  look(): void
  sinceNs(): bigint | undefined
  heldForMs(): number
}

/** Errors may exceed the baseline by this share, and p95 by half plus this many ms. */
const errorShareExtra = 0.02
const p95ExtraMs = 25

/** Whether users are served as before the fault, judged over the last two seconds of each entry. */
export function usersAreBack(
  load: LoadView,
  baseline: ReadonlyMap<string, LoadSample>,
  clock: Clock,
): UsersBack {
  let since: bigint | undefined
  return {
    look: () => {
      const isBack = load
        .entries()
        .every((entry) => isAsBefore(load.recent(2_000, entry), baseline.get(entry)))
      if (!isBack) since = undefined
      else since ??= clock.nowNs()
    },
    sinceNs: () => since,
    heldForMs: () => (since === undefined ? 0 : Number(clock.nowNs() - since) / 1e6),
  }
}

function isAsBefore(now: LoadSample, before: LoadSample | undefined): boolean {
  if (before === undefined || now.requests === 0) return true
  const errorShare = now.errors / now.requests
  const errorShareBefore = before.requests === 0 ? 0 : before.errors / before.requests
  if (errorShare > errorShareBefore + errorShareExtra) return false
  if (now.p95Ms === undefined || before.p95Ms === undefined) return true
  return now.p95Ms <= before.p95Ms * 1.5 + p95ExtraMs
}
