import { Bursts } from './bursts.ts'
import { moreOften } from './compare.ts'
import type { Failures } from './failure.ts'
import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import type { LogicalCalls } from './logical-calls.ts'
import { Phase, type Phases } from './phases.ts'
import { TupleIds } from './tuple-ids.ts'

/**
 * Owners that failed because a breaker kept a call from being made, where no span of the call exists:
 * owner → the service that was not called, -1 elsewhere. `how`: 1 its exception says so, 2 inferred.
 */
export type HiddenRejections = {
  readonly callee: Int32Array
  readonly how: Uint8Array
  /** Owners that went on without error and without the call: owner → the service not called, else -1. */
  readonly quiet: Int32Array
}

/** A call that healthy owners of an operation make at least this often is missed when absent. */
const ALWAYS = 0.9
/** Failures on the edge, by the same instance in the minute before, that could have opened a breaker. */
const BURST_MIN = 3
/** An open breaker lets at most a probe through in this time; a full service takes in others. */
const OPEN_NS = 200e6

/**
 * Breakers such as opossum's or resilience4j's leave no client span. Where the owner's exception names one,
 * the callee is the service it names, else the call healthy owners make that is missing. Where nothing is
 * said, an owner that fails faster than ever before, without the call it always makes, after a burst of
 * failures of that call from the same instance, was rejected.
 */
export function hiddenRejections(
  forest: Forest,
  failures: Failures,
  logical: LogicalCalls,
  phases: Phases,
): HiddenRejections {
  const { fail, speaksOfBreaker } = failures
  const callee = new Int32Array(forest.length).fill(-1)
  const how = new Uint8Array(forest.length)
  const quiet = new Int32Array(forest.length).fill(-1)
  const usual = usualCallees(forest, fail, logical, phases)
  const bursts = new Bursts(forest, fail, logical)
  const told = new Set<number>()
  const undecided: Undecided[] = []
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] === Fail.rejected || speaksOfBreaker[p] === 1) told.add(forest.service[p])
  }
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] !== -1) continue
    if (fail[p] === Fail.ok) {
      if (
        forest.owner[p] === p &&
        phases.ofTrace[forest.trace[p]] >= Phase.chaos &&
        !told.has(forest.service[p])
      ) {
        quiet[p] = quietlyMissing(forest, logical, usual, bursts, p)
      }
      continue
    }
    const owner = forest.owner[p]
    if (speaksOfBreaker[p] === 0 && owner !== p) continue
    const called = calledBy(forest, logical, owner)
    if (speaksOfBreaker[p] === 1) {
      if (anyCallFailed(forest, fail, logical, owner, [Fail.rejected])) continue
      if (owner !== p && (callee[owner] !== -1 || speaksOfBreaker[owner] === 1)) continue
      const named = namedIn(forest, p)
      callee[owner] = named !== -1 ? named : (missing(usual, forest.op[owner], called)[0] ?? -1)
      how[owner] = callee[owner] === -1 ? 0 : 1
      continue
    }
    // A service whose breakers speak elsewhere would have spoken here.
    if (told.has(forest.service[p])) continue
    if (fail[p] === Fail.shed || anyCallFailed(forest, fail, logical, owner, undefined)) continue
    const after = missing(usual, forest.op[owner], called).filter((c) => bursts.before(p, c) >= BURST_MIN)
    const absent = after.filter((c) => bursts.startedAfter(p, c, OPEN_NS) <= 1)
    if (absent.length > 0) {
      callee[p] = absent[0]
      how[p] = 2
    } else if (after.length > 0) undecided.push({ p, callee: after[0] })
  }
  besideCertain(forest, callee, how, undecided)
  return { callee, how, quiet }
}

type Undecided = { readonly p: number; readonly callee: number }

/**
 * Just before a breaker closes others are let in within the same moment, which alone looks like a service
 * that is full. Where the instance's breaker to that callee is certain from more of its other rejections,
 * these are the breaker's too: it rejected them within an open spell (`OPEN_NS` around it).
 */
function besideCertain(
  forest: Forest,
  callee: Int32Array,
  how: Uint8Array,
  undecided: readonly Undecided[],
): void {
  if (undecided.length === 0) return
  const key = (p: number, c: number): number => forest.instance[p] * 65536 + c
  const certain = new Map<number, { n: number; from: number; to: number }>()
  for (let p = 0; p < forest.length; p++) {
    if (callee[p] === -1) continue
    const at = certain.get(key(p, callee[p])) ?? { n: 0, from: forest.start[p], to: forest.start[p] }
    at.n += 1
    at.from = Math.min(at.from, forest.start[p])
    at.to = Math.max(at.to, forest.start[p])
    certain.set(key(p, callee[p]), at)
  }
  const doubts = new Map<number, number>()
  for (const one of undecided) {
    const k = key(one.p, one.callee)
    doubts.set(k, (doubts.get(k) ?? 0) + 1)
  }
  for (const one of undecided.toSorted((a, b) => forest.start[a.p] - forest.start[b.p] || a.p - b.p)) {
    const k = key(one.p, one.callee)
    const known = certain.get(k)
    if (known === undefined || known.n < BURST_MIN || known.n < (doubts.get(k) ?? 0)) continue
    const at = forest.start[one.p]
    if (at < known.from - OPEN_NS || at > known.to + OPEN_NS) continue
    known.to = Math.max(known.to, at)
    callee[one.p] = one.callee
    how[one.p] = 2
  }
}

function calledBy(forest: Forest, logical: LogicalCalls, owner: number): ReadonlySet<number> {
  const called = new Set<number>()
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    called.add(forest.callee[logical.calls[i]])
  }
  return called
}

function anyCallFailed(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  owner: number,
  as: readonly number[] | undefined,
): boolean {
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const f = fail[logical.calls[i]]
    if (f !== Fail.ok && (as === undefined || as.includes(f))) return true
  }
  return forest.length === 0
}

/** The longest known service name that the exception's text contains, other than the speaker's own. */
function namedIn(forest: Forest, p: number): number {
  const { table, services } = forest
  const text = `${table.strings[table.errorMessage[forest.row[p]]]} ${table.strings[table.statusMessage[forest.row[p]]]}`
  let best = -1
  for (const [s, node] of services.entries()) {
    if (s === forest.service[p] || node.name.length < 3 || !text.includes(node.name)) continue
    if (best === -1 || node.name.length > services[best].name.length) best = s
  }
  return best
}

/** Owner operation → callees that its healthy baseline requests nearly always call. */
type Usual = {
  readonly callees: ReadonlyMap<number, readonly number[]>
  /** Whether calls of an operation to a callee are missing more often than lost spans explain. */
  isMissedMore(op: number, callee: number): boolean
}

function usualCallees(forest: Forest, fail: Uint8Array, logical: LogicalCalls, phases: Phases): Usual {
  const ops = forest.ops.length
  const [before, after] = [new Float64Array(ops), new Float64Array(ops)]
  const pairs = new TupleIds()
  const [calledBefore, calledAfter]: [number[], number[]] = [[], []]
  // A callee called twice by one owner counts once.
  const countedFor: number[] = []
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (forest.owner[p] !== p || forest.callee[p] !== -1 || phase === Phase.none) continue
    if (phase === Phase.baseline && fail[p] !== Fail.ok) continue
    const [owners, called] = phase === Phase.baseline ? [before, calledBefore] : [after, calledAfter]
    owners[forest.op[p]] += 1
    for (let i = logical.callStart[p]; i < logical.callStart[p + 1]; i++) {
      const id = pairs.id(forest.op[p], forest.callee[logical.calls[i]])
      if (countedFor[id] === p) continue
      countedFor[id] = p
      called[id] = (called[id] ?? 0) + 1
    }
  }
  const callees = new Map<number, number[]>()
  for (let id = 0; id < pairs.length; id++) {
    const op = pairs.part(id, 0)
    if (before[op] < 10 || (calledBefore[id] ?? 0) < before[op] * ALWAYS) continue
    callees.set(op, [...(callees.get(op) ?? []), pairs.part(id, 1)])
  }
  const isMissedMore = (op: number, callee: number): boolean => {
    const id = pairs.find(op, callee)
    if (id === -1) return false
    const [missed0, missed1] = [before[op] - (calledBefore[id] ?? 0), after[op] - (calledAfter[id] ?? 0)]
    return missed1 >= BURST_MIN && moreOften(missed0, before[op], missed1, after[op]) < 0.001
  }
  return { callees, isMissedMore }
}

function missing(usual: Usual, op: number, called: ReadonlySet<number>): readonly number[] {
  return (usual.callees.get(op) ?? []).filter((c) => !called.has(c) && usual.isMissedMore(op, c))
}

/** The call a good request always makes and this one did not, after a burst of its failures; -1 if none. */
function quietlyMissing(
  forest: Forest,
  logical: LogicalCalls,
  usual: Usual,
  bursts: Bursts,
  p: number,
): number {
  const always = usual.callees.get(forest.op[p])
  if (always === undefined) return -1
  const absent = missing(usual, forest.op[p], calledBy(forest, logical, p))
  return absent.find((c) => bursts.before(p, c) >= BURST_MIN) ?? -1
}
