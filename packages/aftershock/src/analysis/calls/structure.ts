import type { Forest, Op } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { columnOf } from '../numbers/columns.ts'
import { LIKELY, LIKELY_HITS_MIN, moreOften } from '../numbers/compare.ts'
import { addTo, summed, summedByKey } from '../numbers/sums.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'
import { Fail } from './failure.ts'
import type { LogicalCalls } from './logical-calls.ts'
import type { HiddenRejections } from './rejections.ts'

/** A service whose good requests stop doing something they did: they returned early, or threw unseen. */
export type Truncation = {
  readonly op: number
  readonly service: number
  /** Requests of the chaos window that lack it beyond what the baseline's share explains. */
  readonly requests: number
  readonly what: string
  /** Share of requests that did it: baseline, chaos. */
  readonly before: number
  readonly during: number
}

/** After whose answer good requests of a service turn back that went on before: it threw, and nobody said so. */
export type TurnBack = {
  readonly service: number
  readonly callee: number
  /** Requests of the chaos window that end with a call to it beyond what the baseline's share explains. */
  readonly requests: number
}

/** A drop by less than this share of requests may be a change of what users ask for. */
const DROP_MIN = 0.2
/** What this share of good requests did, each of them has to do. */
export const ALWAYS = 0.95
/** Requests of the operation must else make this share of steps fewer in all. */
const FEWER_MIN = 0.25
const LEVEL = 0.005
/** What each had to do is left out where at most this share does it. */
const LEFT_OUT_MAX = 0.5
/** Fewer requests do not tell. */
const OWNERS_MIN = 4

/** Good requests by operation, their spans, and which steps they took: baseline and chaos. */
export type StepsSeen = {
  readonly owners: readonly [Float64Array, Float64Array]
  readonly made: readonly [Float64Array, Float64Array]
  /** `operation of the request * operations + operation of the step` → requests that took it. */
  readonly taken: readonly [ReadonlyMap<number, number>, ReadonlyMap<number, number>]
  /** `operation of the request * operations + operation of the call` → requests whose last call it was. */
  readonly last: readonly [ReadonlyMap<number, number>, ReadonlyMap<number, number>]
  /** The same → requests that began another call after its answer. */
  readonly wentOn: readonly [ReadonlyMap<number, number>, ReadonlyMap<number, number>]
  /** As `taken` → the soonest after the request's start that it was taken, ns. */
  readonly soonestNs: ReadonlyMap<number, number>
}

/** Only requests without a failed or a rejected call count: what comes after a failure is absent for that reason. */
export function stepsSeen(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  hidden: HiddenRejections,
  phases: Phases,
): StepsSeen {
  const ops = forest.ops.length
  const zeros = (): [Float64Array, Float64Array] => [new Float64Array(ops), new Float64Array(ops)]
  const [owners, made] = [zeros(), zeros()]
  const steps = new TupleIds()
  const seen: [number[], number[]] = [[], []]
  const lastOwner: number[] = []
  const soonest: number[] = []
  const ownerOf = ownersThatCount(forest, fail, logical, hidden, phases)
  const last: [Map<number, number>, Map<number, number>] = [new Map(), new Map()]
  const wentOn: [Map<number, number>, Map<number, number>] = [new Map(), new Map()]
  const notNow = new Int32Array(ops).fill(-1)
  for (let p = 0; p < forest.length; p++) {
    const owner = forest.owner[p]
    if (ownerOf[owner] === 0) continue
    const phase = phases.ofTrace[forest.trace[p]] === Phase.baseline ? 0 : 1
    if (owner === p) {
      owners[phase][forest.op[p]] += 1
      const lastCall = logical.callStart[p + 1] - 1
      if (lastCall < logical.callStart[p]) continue
      addTo(last[phase], forest.op[p] * ops + forest.op[logical.calls[lastCall]])
      countWentOn(forest, logical, p, notNow, wentOn[phase])
      continue
    }
    made[phase][forest.op[owner]] += 1
    const id = steps.id(forest.op[owner], forest.op[p])
    if (lastOwner[id] === owner) continue
    lastOwner[id] = owner
    soonest[id] = Math.min(soonest[id] ?? Number.POSITIVE_INFINITY, forest.start[p] - forest.start[owner])
    seen[phase][id] = (seen[phase][id] ?? 0) + 1
  }
  const byStep = (counts: readonly number[]): ReadonlyMap<number, number> =>
    new Map(
      Array.from({ length: steps.length }, (_, id) => [
        steps.part(id, 0) * ops + steps.part(id, 1),
        counts[id] ?? 0,
      ]),
    )
  return { owners, made, last, wentOn, taken: [byStep(seen[0]), byStep(seen[1])], soonestNs: byStep(soonest) }
}

/**
 * Counts the request for each operation whose calls all had their answer when its last call began.
 *
 * @param notNow - operation → the last request of which it is not to be counted (again)
 */
function countWentOn(
  { op, start, end }: Forest,
  { callStart, calls }: LogicalCalls,
  request: number,
  notNow: Int32Array,
  wentOn: Map<number, number>,
): void {
  const [from, last] = [callStart[request], callStart[request + 1] - 1]
  const lastStart = start[calls[last]]
  for (let i = from; i <= last; i++) if (end[calls[i]] > lastStart) notNow[op[calls[i]]] = request
  for (let i = from; i < last; i++) {
    const asked = op[calls[i]]
    if (notNow[asked] === request) continue
    notNow[asked] = request
    addTo(wentOn, op[request] * notNow.length + asked)
  }
}

/** For each operation, which of its steps (spans of the same service, calls included) good requests of the chaos window left out. */
export function truncations(seen: readonly StepsSeen[], all: readonly Op[]): readonly Truncation[] {
  const both = (what: 'owners' | 'made'): readonly [Float64Array, Float64Array] => [
    summed(seen.map((s) => s[what][0])),
    summed(seen.map((s) => s[what][1])),
  ]
  const [owners, made] = [both('owners'), both('made')]
  const taken = [0, 1].map((phase) => summedByKey(seen.map((s) => s.taken[phase])))
  const soonestNs = new Map<number, number>()
  for (const [step, ns] of seen.flatMap((s) => [...s.soonestNs])) {
    soonestNs.set(step, Math.min(ns, soonestNs.get(step) ?? ns))
  }
  const found: Truncation[] = []
  // Of several that are left out alike, the first is where requests turned back.
  for (const [step] of [...soonestNs].sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
    const op = Math.floor(step / all.length)
    const [n0, n1] = [owners[0][op], owners[1][op]]
    if (n0 < OWNERS_MIN || n1 === 0) continue
    const [did0, did1] = [taken[0].get(step) ?? 0, taken[1].get(step) ?? 0]
    const [before, during] = [did0 / n0, did1 / n1]
    const chance = moreOften(n0 - did0, n0, n1 - did1, n1)
    const hadTo = before >= ALWAYS && during <= LEFT_OUT_MAX
    // Doing something else instead is a change of what users ask for, but for what every request did.
    const isFewer = made[1][op] / n1 <= (1 - FEWER_MIN) * (made[0][op] / n0)
    const isLeftOut = hadTo
      ? n1 - did1 >= LIKELY_HITS_MIN && chance < LIKELY
      : n1 >= OWNERS_MIN && chance <= LEVEL && before - during >= DROP_MIN && isFewer
    if (!isLeftOut) continue
    const what = all[step % all.length].label
    found.push({ op, service: all[op].service, requests: (before - during) * n1, what, before, during })
  }
  const worst = new Map<number, Truncation>()
  for (const one of [...found, ...leftOutAfter(seen, taken, all)])
    if (one.requests > (worst.get(one.op)?.requests ?? 0)) worst.set(one.op, one)
  return [...worst.values()].sort((a, b) => b.requests - a.requests || a.service - b.service)
}

/**
 * What requests always did after the answer to a call, and stopped doing. Those that make a call are alike, where an
 * operation stands for all that its users ask for.
 */
function leftOutAfter(
  seen: readonly StepsSeen[],
  [taken0, taken1]: readonly ReadonlyMap<number, number>[],
  all: readonly Op[],
): readonly Truncation[] {
  const [last0, last1] = [0, 1].map((phase) => summedByKey(seen.map((s) => s.last[phase])))
  const wentOn0 = summedByKey(seen.map((s) => s.wentOn[0]))
  const found: Truncation[] = []
  for (const [key, ended1] of [...last1].sort((a, b) => a[0] - b[0])) {
    const [n0, n1] = [taken0.get(key) ?? 0, taken1.get(key) ?? 0]
    if (n0 < OWNERS_MIN || ended1 < LIKELY_HITS_MIN) continue
    const [before, during] = [(wentOn0.get(key) ?? 0) / n0, 1 - ended1 / n1]
    if (before < ALWAYS || during > LEFT_OUT_MAX) continue
    if (moreOften(last0.get(key) ?? 0, n0, ended1, n1) >= LIKELY) continue
    const op = Math.floor(key / all.length)
    const what = `what followed ${all[key % all.length].label}`
    found.push({ op, service: all[op].service, requests: (before - during) * n1, what, before, during })
  }
  return found
}

/** For each operation that leaves out steps, the callee with which more of its good requests of the chaos window ended than before. */
export function turnBacks(
  seen: readonly StepsSeen[],
  truncated: readonly Truncation[],
  all: readonly Op[],
): readonly TurnBack[] {
  const byOp = new Map(truncated.map((t) => [t.op, t.service]))
  const [owners0, owners1] = [0, 1].map((phase) => summed(seen.map((s) => s.owners[phase])))
  const services = all.reduce((n, op) => Math.max(n, op.callee + 1), 0)
  const toCallee = (key: number): number =>
    Math.floor(key / all.length) * services + all[key % all.length].callee
  const [last0, last1] = [0, 1].map((phase) =>
    summedByKey(seen.map((s) => [...s.last[phase]].map(([key, n]) => [toCallee(key), n]))),
  )
  const found: TurnBack[] = []
  for (const [key, ended1] of last1) {
    const op = Math.floor(key / services)
    const service = byOp.get(op)
    if (service === undefined) continue
    const [n0, n1, ended0] = [owners0[op], owners1[op], last0.get(key) ?? 0]
    if (n0 < OWNERS_MIN || n1 < OWNERS_MIN) continue
    const more = ended1 / n1 - ended0 / n0
    if (more < DROP_MIN || moreOften(ended0, n0, ended1, n1) > LEVEL) continue
    found.push({ service, callee: key % services, requests: more * n1 })
  }
  return found.sort((a, b) => b.requests - a.requests || a.service - b.service || a.callee - b.callee)
}

function ownersThatCount(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  hidden: HiddenRejections,
  phases: Phases,
): Uint8Array {
  const counts = columnOf(Uint8Array, forest.length)
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (forest.owner[p] !== p || fail[p] !== Fail.ok || hidden.quiet[p] !== -1) continue
    if (phase !== Phase.baseline && phase !== Phase.chaos) continue
    let good = 1
    for (let i = logical.callStart[p]; i < logical.callStart[p + 1]; i++) {
      if (fail[logical.calls[i]] !== Fail.ok) good = 0
    }
    counts[p] = good
  }
  return counts
}
