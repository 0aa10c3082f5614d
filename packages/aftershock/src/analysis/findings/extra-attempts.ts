import { Fail } from '../calls/failure.ts'
import type { LogicalCalls } from '../calls/logical-calls.ts'
import type { Told } from '../judge/told.ts'

/**
 * Attempts after the first that a span stands for, sent because the former had failed; one sent beside the former
 * is a hedge. Told by this one rule wherever extra attempts are counted: mechanism, edges, trace list; one that left no
 * span (`rejectedAfter`) is shown in no trace.
 */
export function extraAttemptsAt({ attempt, hedged, inner }: LogicalCalls, p: number): number {
  const own = attempt[p] > 1 && hedged[p] === 0 ? 1 : 0
  return own + (inner.beside[p] === 1 ? 0 : inner.extra[p])
}

/**
 * 1 where the next attempt after this one left no span: a breaker rejected it as the pattern tells, or as the owner says,
 * when this one was the last of its calls there and had failed.
 */
export function rejectedAfter({ forest, fail, logical, hidden }: Told, p: number): 0 | 1 {
  const owner = forest.owner[p]
  if (hidden.cutShort[p] === 1) return 1
  if (fail[p] === Fail.ok || logical.next[p] !== -1 || hidden.how[owner] !== 1) return 0
  if (forest.callee[p] === -1 || hidden.callee[owner] !== forest.callee[p]) return 0
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (forest.callee[call] === forest.callee[p] && forest.end[call] > forest.end[p]) return 0
  }
  return 1
}
