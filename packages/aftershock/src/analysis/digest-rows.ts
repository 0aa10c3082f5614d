import { saysBreaker } from './breakers.ts'
import { saysRefused, waitedMs } from './capacity.ts'
import { Bit, type RowColumns } from './digest.ts'
import { lateMsOf, wroteAgain, wroteIn } from './duplicate-work.ts'
import { addedMs, beginsInItsCalls, rootOf } from './eligible.ts'
import { Fail } from './failure.ts'
import type { Told } from './judge-steps.ts'
import { attemptsOf, triesAgain } from './retries.ts'
import { neededMs, saysTimeout } from './timeouts.ts'

export function rowColumns(
  told: Told,
  positions: Uint32Array,
  trace: Uint32Array,
  targets: ReadonlySet<number>,
): RowColumns {
  const { forest, fail, logical } = told
  const spanIds = new Uint8Array(positions.length * 8)
  for (let i = 0; i < positions.length; i++) {
    const from = forest.row[positions[i]] * 8
    for (let k = 0; k < 8; k++) spanIds[i * 8 + k] = forest.table.spanIds[from + k]
  }
  const n = positions.length
  const columns = {
    trace,
    spanIds,
    start: new Float64Array(n),
    end: new Float64Array(n),
    op: new Uint32Array(n),
    instance: new Uint32Array(n),
    fail: new Uint8Array(n),
    root: new Uint8Array(n),
    attempts: new Uint16Array(n),
    extra: new Uint16Array(n),
    bits: new Uint8Array(n),
  }
  // One pass with plain stores: a function a column is several times as slow over so many rows.
  for (let i = 0; i < n; i++) {
    const p = positions[i]
    columns.start[i] = forest.start[p]
    columns.end[i] = forest.end[p]
    columns.op[i] = forest.op[p]
    columns.instance[i] = forest.instance[p]
    columns.fail[i] = fail[p]
    columns.root[i] = told.origins.as[rootOf(told, p)]
    columns.attempts[i] = attemptsOf(logical, p)
    columns.extra[i] = triesAgain(logical, p)
    columns.bits[i] = bitsAt(told, p, targets)
  }
  return columns
}

/** What is measured of occurrences, by kind (see `Finds`). */
export const MEASURED: Readonly<Record<string, (told: Told, p: number) => number>> = {
  timeout: neededMs,
  'duplicate-work': (told, p) => lateMsOf(told.forest, p),
  queueing: waitedMs,
  met: addedMs,
}

function bitsAt(told: Told, p: number, targets: ReadonlySet<number>): number {
  const { forest } = told
  const says = saysOf(told, p)
  return (
    (says ? Bit.told : 0) |
    (isLeft(told, p) && wroteIn(forest, p) ? Bit.wrote : 0) |
    (wroteAgain(told, p) ? Bit.wroteAgain : 0) |
    (forest.untold[p] === 1 ? Bit.untold : 0) |
    (beginsInItsCalls(told, p, targets) ? Bit.inItsCalls : 0)
  )
}

/** A good answer to a call that did not end well, or was answered more than once. */
function isLeft({ forest, fail, logical }: Told, p: number): boolean {
  const call = forest.parent[p]
  return fail[p] === Fail.ok && call !== -1 && (fail[call] !== Fail.ok || logical.inner.extra[call] > 0)
}

function saysOf(told: Told, p: number): boolean {
  if (told.fail[p] === Fail.timeout) return saysTimeout(told, p)
  if (told.fail[p] === Fail.shed) return saysRefused(told, p)
  return saysBreaker(told, p)
}
