import type { EdgeRow, Red } from '../../model/result.ts'
import { CONSUMER } from '../../model/span-kind.ts'
import { Phase } from '../assemble/phases.ts'
import type { CallTallies } from '../findings/call-tallies.ts'
import { type Facts, nameOf } from '../findings/facts.ts'
import { moreOften } from '../numbers/compare.ts'
import { type Distribution, dominance, NOTHING, quantileIn } from '../numbers/distribution.ts'
import { quantilesMs } from './entries.ts'

const ROWS_MAX = 500

/** Every edge and operation in every phase; the worst change first. Latencies of successful calls only. */
export function edgesTable(facts: Facts): readonly EdgeRow[] {
  const { n } = facts.tallies.calls
  const called = [...facts.system.ops.keys()].filter(
    (op) => n[op * 4 + Phase.baseline] + n[op * 4 + Phase.chaos] + n[op * 4 + Phase.recovery] > 0,
  )
  const requests = requestsByPhase(facts)
  const tests = Math.max(1, called.length)
  return called
    .map((op) => rowOf(facts, op, requests, tests))
    .sort(
      (a, b) =>
        Number(b.significant) - Number(a.significant) ||
        b.delta.errPts - a.delta.errPts ||
        (b.delta.p95Pct ?? 0) - (a.delta.p95Pct ?? 0) ||
        (a.id < b.id ? -1 : 1),
    )
    .slice(0, ROWS_MAX)
}

/** Of users: a message that is received is a trace of its own, and none of theirs, but where there is nothing else. */
function requestsByPhase(facts: Facts): readonly number[] {
  const [all, users] = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]
  for (const { phase, n, asked } of facts.digest.classes) {
    all[phase] += n
    if (facts.system.ops[asked]?.kind !== CONSUMER) users[phase] += n
  }
  return users[Phase.baseline] > 0 && users[Phase.chaos] > 0 ? users : all
}

function rowOf(facts: Facts, opId: number, requests: readonly number[], tests: number): EdgeRow {
  const op = facts.system.ops[opId]
  const { calls } = facts.tallies
  const [from, to] = [nameOf(facts, op.service), nameOf(facts, op.callee)]
  const at = (phase: number): number => opId * 4 + phase
  const red = (phase: number): EdgeRow['phases']['baseline'] => ({
    ...redOf(calls, at(phase)),
    attempts: calls.n[at(phase)] + calls.hidden[at(phase)],
    retries: calls.retries[at(phase)],
    rps: ratio(calls.n[at(phase)], facts.phases.lengthNs[phase] / 1e9),
  })
  const phases = { baseline: red(Phase.baseline), chaos: red(Phase.chaos), recovery: red(Phase.recovery) }
  const errorRate = (phase: number): number =>
    calls.n[at(phase)] === 0 ? 0 : calls.errors[at(phase)] / calls.n[at(phase)]
  const [before, during] = [phases.baseline.p95Ok, phases.chaos.p95Ok]
  const loadBefore = calls.n[at(Phase.baseline)] / Math.max(1, requests[Phase.baseline])
  const loadDuring = calls.n[at(Phase.chaos)] / Math.max(1, requests[Phase.chaos])
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
    significant: isSignificant(calls, opId, delta, tests),
    errorTop: [...(calls.types.get(opId) ?? [])]
      .map(([type, n]) => ({ type, n }))
      .sort((a, b) => b.n - a.n || (a.type < b.type ? -1 : 1))
      .slice(0, 3),
  }
}

function ratio(a: number, b: number): number {
  return b <= 0 ? 0 : Math.round((a / b) * 100) / 100
}

function redOf(calls: CallTallies, at: number): Red {
  return { n: calls.n[at], errors: calls.errors[at], ...quantilesMs(okMsAt(calls, at)) }
}

/** After Bonferroni's correction, and by enough to matter: half a point of errors, or a tenth of the median. */
function isSignificant(calls: CallTallies, op: number, delta: EdgeRow['delta'], tests: number): boolean {
  const level = 0.01 / tests
  const [b, c] = [op * 4 + Phase.baseline, op * 4 + Phase.chaos]
  if (calls.n[c] < 8 || calls.n[b] < 8) return false
  if (delta.errPts >= 0.5 && moreOften(calls.errors[b], calls.n[b], calls.errors[c], calls.n[c]) < level)
    return true
  const [okBefore, okDuring] = [okMsAt(calls, b), okMsAt(calls, c)]
  const slower = dominance(okBefore, okDuring)
  const [before, during] = [quantileIn(okBefore, 0.5), quantileIn(okDuring, 0.5)]
  const tail = (delta.p95Pct ?? 0) >= 30
  return slower.p < level && slower.share > 0.5 && (during > before * 1.1 || tail)
}

function okMsAt(calls: CallTallies, at: number): Distribution {
  return calls.okMs.get(at) ?? NOTHING
}
