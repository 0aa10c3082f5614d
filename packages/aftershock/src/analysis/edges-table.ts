import type { EdgeRow, Red } from '../model/result.ts'
import { dominance, moreOften, quantileOf } from './compare.ts'
import { sortedQuantilesMs } from './entries.ts'
import { errorName } from './error-name.ts'
import { type Facts, nameOf } from './facts.ts'
import { FAIL_NAMES, Fail } from './failure.ts'
import { Phase } from './phases.ts'
import { extraAttemptsAt } from './retries.ts'

type Calls = {
  readonly op: number
  /** By `Phase`. */
  readonly n: number[]
  readonly errors: number[]
  readonly retries: number[]
  /** Attempts that share a span with another. */
  readonly hidden: number[]
  readonly okMs: number[][]
  /** The same in order, once all are there. */
  readonly sortedMs: Float64Array[]
  readonly types: Map<string, number>
}

const ROWS_MAX = 500

/** Every edge and operation in every phase; the worst change first. Latencies of successful calls only. */
export function edgesTable(facts: Facts): readonly EdgeRow[] {
  const byOp = callsByOp(facts)
  const requests = requestsByPhase(facts)
  const tests = Math.max(1, byOp.length)
  return byOp
    .map((calls) => rowOf(facts, calls, requests, tests))
    .sort(
      (a, b) =>
        Number(b.significant) - Number(a.significant) ||
        b.delta.errPts - a.delta.errPts ||
        (b.delta.p95Pct ?? 0) - (a.delta.p95Pct ?? 0) ||
        (a.id < b.id ? -1 : 1),
    )
    .slice(0, ROWS_MAX)
}

function callsByOp(facts: Facts): readonly Calls[] {
  const { forest, fail, logical, phases, origins } = facts
  const found = new Map<number, Calls>()
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (forest.callee[p] === -1 || phase === Phase.none) continue
    let calls = found.get(forest.op[p])
    if (calls === undefined) {
      calls = {
        op: forest.op[p],
        n: [0, 0, 0, 0],
        errors: [0, 0, 0, 0],
        retries: [0, 0, 0, 0],
        hidden: [0, 0, 0, 0],
        okMs: [[], [], [], []],
        sortedMs: [],
        types: new Map(),
      }
      found.set(forest.op[p], calls)
    }
    calls.n[phase] += 1
    calls.hidden[phase] += logical.inner.extra[p]
    calls.retries[phase] += extraAttemptsAt(logical, p)
    if (fail[p] === Fail.ok) calls.okMs[phase].push((forest.end[p] - forest.start[p]) / 1e6)
    else {
      calls.errors[phase] += 1
      if (phase !== Phase.baseline) {
        const type = typeOf(facts, p, origins.as[p] || fail[p])
        calls.types.set(type, (calls.types.get(type) ?? 0) + 1)
      }
    }
  }
  for (const calls of found.values()) {
    for (const list of calls.okMs) calls.sortedMs.push(Float64Array.from(list).sort())
  }
  return [...found.values()]
}

function typeOf(facts: Facts, p: number, as: number): string {
  const { table, row } = facts.forest
  const said = table.strings[table.errorType[row[p]]]
  if (said !== '') return errorName(said)
  if (table.httpStatus[row[p]] >= 400) return String(table.httpStatus[row[p]])
  return FAIL_NAMES[as] ?? 'timeout'
}

function requestsByPhase(facts: Facts): readonly number[] {
  const requests = [0, 0, 0, 0]
  for (const phase of facts.phases.ofTrace) requests[phase] += 1
  return requests
}

function rowOf(facts: Facts, calls: Calls, requests: readonly number[], tests: number): EdgeRow {
  const op = facts.forest.ops[calls.op]
  const [from, to] = [nameOf(facts, op.service), nameOf(facts, op.callee)]
  const red = (phase: number): EdgeRow['phases']['baseline'] => ({
    ...redOf(calls, phase),
    attempts: calls.n[phase] + calls.hidden[phase],
    retries: calls.retries[phase],
    rps: ratio(calls.n[phase], facts.phases.lengthNs[phase] / 1e9),
  })
  const phases = { baseline: red(Phase.baseline), chaos: red(Phase.chaos), recovery: red(Phase.recovery) }
  const errorRate = (phase: number): number =>
    calls.n[phase] === 0 ? 0 : calls.errors[phase] / calls.n[phase]
  const [before, during] = [phases.baseline.p95Ok, phases.chaos.p95Ok]
  const loadBefore = calls.n[Phase.baseline] / Math.max(1, requests[Phase.baseline])
  const loadDuring = calls.n[Phase.chaos] / Math.max(1, requests[Phase.chaos])
  const delta = {
    errPts: Math.round((errorRate(Phase.chaos) - errorRate(Phase.baseline)) * 1000) / 10,
    p95Pct:
      before === null || during === null || before === 0 ? null : Math.round((during / before - 1) * 100),
    loadX: loadBefore === 0 ? 1 : Math.round((loadDuring / loadBefore) * 100) / 100,
  }
  return {
    id: `${from}>${to} ${op.label}`,
    from,
    to,
    op: op.label,
    phases,
    delta,
    significant: isSignificant(calls, delta, tests),
    errorTop: [...calls.types]
      .map(([type, n]) => ({ type, n }))
      .sort((a, b) => b.n - a.n || (a.type < b.type ? -1 : 1))
      .slice(0, 3),
  }
}

function ratio(a: number, b: number): number {
  return b <= 0 ? 0 : Math.round((a / b) * 100) / 100
}

function redOf(calls: Calls, phase: number): Red {
  return { n: calls.n[phase], errors: calls.errors[phase], ...sortedQuantilesMs(calls.sortedMs[phase]) }
}

/** After Bonferroni's correction, and by enough to matter: half a point of errors, or a tenth of the median. */
function isSignificant(calls: Calls, delta: EdgeRow['delta'], tests: number): boolean {
  const level = 0.01 / tests
  const [b, c] = [Phase.baseline, Phase.chaos]
  if (calls.n[c] < 8 || calls.n[b] < 8) return false
  if (delta.errPts >= 0.5 && moreOften(calls.errors[b], calls.n[b], calls.errors[c], calls.n[c]) < level)
    return true
  const [okBefore, okDuring] = [calls.sortedMs[b], calls.sortedMs[c]]
  const slower = dominance(okBefore, okDuring)
  const [before, during] = [quantileOf(okBefore, 0.5), quantileOf(okDuring, 0.5)]
  const tail = (delta.p95Pct ?? 0) >= 30
  return slower.p < level && slower.share > 0.5 && (during > before * 1.1 || tail)
}
