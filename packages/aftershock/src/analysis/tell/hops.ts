import type { Facts } from '../findings/facts.ts'

/** Calls from the fault up to each service: 0 at the targets, 999 where it cannot arrive; half a step for what targets call. */
export function hopsFrom(facts: Facts): readonly number[] {
  const { system, targets } = facts
  const callers = new Map<number, Set<number>>()
  const hops: number[] = system.services.map((_, s) => (targets.has(s) ? 0 : 999))
  for (const { service, callee } of system.ops) {
    if (callee === -1) continue
    const known = callers.get(callee) ?? new Set()
    known.add(service)
    callers.set(callee, known)
  }
  let front = [...targets]
  for (let hop = 1; front.length > 0; hop++) {
    const next: number[] = []
    for (const s of front) {
      for (const caller of callers.get(s) ?? []) {
        if (hops[caller] <= hop) continue
        hops[caller] = hop
        next.push(caller)
      }
    }
    front = next
  }
  for (const [callee, from] of callers) {
    if (hops[callee] === 999 && [...from].some((s) => targets.has(s))) hops[callee] = -0.5
  }
  return hops
}
