import type { Forest } from '../assemble/forest.ts'
import { Phase } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { summed } from '../numbers/sums.ts'
import { lostACall } from './components.ts'
import { Because, type Counterfactual } from './counterfactual.ts'
import type { Judged } from './judged.ts'

/**
 * Spans get lost on their way. Where the span of an answer is not there, or that of a call, what happened below shows
 * in nothing but the whole: it took long, or failed. Such are judged by the others of their operation, which are told
 * whole: where nearly all of these that were late, or failed, were so because of the fault, these were too.
 */
export type Alike = {
  /** By operation: 1 where late ones, and where failed ones, are the fault's. */
  readonly late: Uint8Array
  readonly failed: Uint8Array
}

/** By operation, after the baseline: those told whole that were late or failed, and how many of them because of the fault. */
export type AlikeSeen = Readonly<Record<'late' | 'lateHit' | 'failed' | 'failedHit', Float64Array>>

/** Fewer do not tell. */
const ALIKE_MIN = 3
const ALIKE_SHARE = 0.8

export function alikeSeen(
  { forest, fail, parts, logical, origins, phases }: Judged,
  now: Counterfactual,
): AlikeSeen {
  const ops = forest.ops.length
  const [late, lateHit] = [new Float64Array(ops), new Float64Array(ops)]
  const [failed, failedHit] = [new Float64Array(ops), new Float64Array(ops)]
  const { op, owner, callee, start, end } = forest
  for (let p = 0; p < forest.length; p++) {
    if (phases.ofTrace[forest.trace[p]] < Phase.chaos) continue
    if (fail[p] === Fail.ok) {
      const high = parts.typicalHigh[op[p]]
      if (!(end[p] - start[p] > high) || lacksAnswer(forest, p)) continue
      if (callee[p] === -1 && owner[p] === p && lostACall(forest, logical, p)) continue
      late[op[p]] += 1
      const [took, without] = [end[p] - start[p], now.durationNs[p]]
      // Other things may go wrong as well.
      const isMostlyHit = took - without >= ALIKE_SHARE * (took - parts.typical[op[p]])
      if (without <= high || isMostlyHit) lateHit[op[p]] += 1
    } else if (callee[p] === -1 && owner[p] === p && origins.cause[p] !== -1) {
      failed[op[p]] += 1
      if (now.failed[p] === Because.hit) failedHit[op[p]] += 1
    }
  }
  return { late, lateHit, failed, failedHit }
}

export function alikeOf(seen: readonly AlikeSeen[]): Alike {
  const sum = (what: keyof AlikeSeen): Float64Array => summed(seen.map((s) => s[what]))
  const nearlyAll = (hit: Float64Array, all: Float64Array): Uint8Array =>
    Uint8Array.from(all, (n, op) => (n >= ALIKE_MIN && hit[op] >= ALIKE_SHARE * n ? 1 : 0))
  return { late: nearlyAll(sum('lateHit'), sum('late')), failed: nearlyAll(sum('failedHit'), sum('failed')) }
}

/** Spans whose lateness or failure nothing below them explains since it was lost, and that are the fault's by their like. */
export function lostAlike(
  { forest, fail, parts, logical, origins, phases }: Judged,
  alike: Alike,
): ReadonlySet<number> {
  const lost = new Set<number>()
  const { op, owner, callee, start, end } = forest
  for (let p = 0; p < forest.length; p++) {
    if (alike.late[op[p]] === 0 && alike.failed[op[p]] === 0) continue
    if (phases.ofTrace[forest.trace[p]] < Phase.chaos) continue
    const isOwner = callee[p] === -1 && owner[p] === p
    if (fail[p] !== Fail.ok) {
      if (alike.failed[op[p]] === 1 && isOwner && origins.begins[p] === 1 && lostACall(forest, logical, p))
        lost.add(p)
    } else if (alike.late[op[p]] === 1 && end[p] - start[p] > parts.typicalHigh[op[p]]) {
      if (isOwner ? lostACall(forest, logical, p) : lacksAnswer(forest, p)) lost.add(p)
    }
  }
  return lost
}

/** A call that was answered, of whose answer there is no span though its callee has some. */
function lacksAnswer({ server, callee, services }: Forest, p: number): boolean {
  return callee[p] !== -1 && server[p] === -1 && services[callee[p]].hasSpans
}
