import { CLIENT } from '../../model/span-kind.ts'
import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { Phase } from '../assemble/phases.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { Fail } from './failure.ts'
import { type AnswersMax, answersSeen } from './hidden-attempts.ts'
import { areHedges, type Beside, mutePairsSeen } from './mute-hedges.ts'
import type { OwnersCalls } from './owners-calls.ts'

export type Habit = {
  readonly callsMax: number
  readonly gapMaxNs: number
  /** Calls run side by side. */
  readonly overlaps: boolean
  /** Between one and the next there is always another call. */
  readonly apart: boolean
}

/** Answers to calls that nobody tells of, and those that came after their owner had ended well without them. */
type Outlived = { calls: number; outlived: number }

/** How often and how closely healthy owners of the baseline call an operation; key: `habitKey`. */
export type Habits = {
  /** Without a baseline every healthy owner tells; with one only those of the baseline. */
  readonly hasBaseline: boolean
  readonly answersMax: AnswersMax
  readonly of: ReadonlyMap<number, Habit>
  readonly untold: ReadonlyMap<number, Readonly<Outlived>>
  /** Of all phases. */
  readonly beside: ReadonlyMap<number, Readonly<Beside>>
}

/** Operations of an owner and of its call as one number. */
function habitKey(ops: number, owner: number, call: number): number {
  return owner * ops + call
}

const ONCE: Habit = { callsMax: 1, gapMaxNs: 0, overlaps: false, apart: false }

export function habitOf(forest: Forest, habits: Habits, owner: number, p: number): Habit {
  return habits.of.get(habitKey(forest.ops.length, forest.op[owner], forest.op[p])) ?? ONCE
}

/** Fewer do not tell. */
const UNTOLD_MIN = 4
/** Of these so many may outlive their owner, where clocks differ. */
const OUTLIVED_SHARE = 0.05

/** Healthy owners wait for the answer to this call, of which they do not tell. */
export function waitsForUntold(forest: Forest, { untold }: Habits, owner: number, call: number): boolean {
  const seen = untold.get(habitKey(forest.ops.length, forest.op[owner], forest.op[call]))
  return seen !== undefined && seen.calls >= UNTOLD_MIN && seen.outlived <= OUTLIVED_SHARE * seen.calls
}

/** Who does not tell of it makes this call a second time beside the first, and takes the answer that comes first. */
export function hedgesUntold(forest: Forest, { beside }: Habits, owner: number, call: number): boolean {
  return areHedges(beside.get(habitKey(forest.ops.length, forest.op[owner], forest.op[call])))
}

/** The answer to a call that nobody tells of came when its owner had ended. */
export function outlivesOwner({ end, server, owner }: Forest, call: number): boolean {
  return server[call] !== -1 && end[server[call]] > end[owner[call]] + TOLERANCE_NS
}

/** What a partition saw: operation of an owner and of its calls → calls that one owner made → such owners, and the widest gap. */
export type HabitClues = Omit<Habits, 'of'> & {
  readonly of: ReadonlyMap<number, ReadonlyMap<number, Readonly<Series>>>
}

type Series = { owners: number; gapMaxNs: number; overlaps: boolean; apart: boolean }

export function habitsSeen(
  forest: Forest,
  fail: Uint8Array,
  phaseOfTrace: Uint8Array,
  owners: OwnersCalls,
): HabitClues {
  const { callStart, calls } = owners
  const of = new Map<number, Map<number, Series>>()
  const hasBaseline = phaseOfTrace.includes(Phase.baseline)
  const told: number[] = []
  for (let owner = 0; owner < forest.length; owner++) {
    const from = callStart[owner]
    const to = callStart[owner + 1]
    // Who calls once has no habit but the usual one.
    if (to - from < 2 || (hasBaseline && phaseOfTrace[forest.trace[owner]] !== Phase.baseline)) continue
    told.length = 0
    for (let i = to - 1; i > from; i--) {
      const op = forest.op[calls[i]]
      if (told.includes(op)) continue
      told.push(op)
      const series = seriesUpTo(forest, fail, calls, from, i)
      if (series === undefined) continue
      const key = habitKey(forest.ops.length, forest.op[owner], op)
      addSeries(seriesAt(of, key), series.calls, series)
    }
  }
  const isHealthy = (p: number): boolean =>
    fail[p] === Fail.ok && (!hasBaseline || phaseOfTrace[forest.trace[p]] === Phase.baseline)
  return {
    hasBaseline,
    of,
    answersMax: answersSeen(forest, isHealthy),
    untold: untoldSeen(forest, isHealthy),
    beside: mutePairsSeen(forest, owners, (owner, call) =>
      habitKey(forest.ops.length, forest.op[owner], forest.op[call]),
    ),
  }
}

function untoldSeen(forest: Forest, isHealthy: (p: number) => boolean): ReadonlyMap<number, Outlived> {
  const { untold, kind, owner, op, ops } = forest
  const seen = new Map<number, Outlived>()
  for (let p = 0; p < untold.length; p++) {
    if (untold[p] === 0 || kind[p] !== CLIENT || !isHealthy(owner[p])) continue
    const key = habitKey(ops.length, op[owner[p]], op[p])
    const one = seen.get(key) ?? { calls: 0, outlived: 0 }
    seen.set(key, one)
    one.calls += 1
    if (outlivesOwner(forest, p)) one.outlived += 1
  }
  return seen
}

/** More than clocks of one process differ by. */
const SIDE_BY_SIDE_NS = 2e6

/** The calls of one operation that an owner made, up to the given one, where all are good and it is more than one. */
function seriesUpTo(
  forest: Forest,
  fail: Uint8Array,
  calls: Uint32Array,
  from: number,
  last: number,
): (Readonly<Series> & { readonly calls: number }) | undefined {
  let made = 0
  let gapMaxNs = 0
  let next = -1
  let overlaps = false
  let [apart, others] = [true, 0]
  for (let i = last; i >= from && last - i < 256; i--) {
    const call = calls[i]
    if (forest.op[call] !== forest.op[calls[last]]) {
      others += 1
      continue
    }
    if (fail[call] !== Fail.ok) return undefined
    if (next !== -1) {
      const gapNs = forest.start[next] - forest.end[call]
      gapMaxNs = Math.max(gapMaxNs, gapNs)
      overlaps ||= gapNs < -SIDE_BY_SIDE_NS
      apart &&= others > 0
    }
    others = 0
    made += 1
    next = call
  }
  return made === 1 ? undefined : { calls: made, owners: 1, gapMaxNs, overlaps, apart }
}

function seriesAt(of: Map<number, Map<number, Series>>, key: number): Map<number, Series> {
  const known = of.get(key)
  if (known !== undefined) return known
  const fresh = new Map<number, Series>()
  of.set(key, fresh)
  return fresh
}

function addSeries(to: Map<number, Series>, calls: number, more: Readonly<Series>): void {
  const known = to.get(calls)
  if (known === undefined) {
    const { owners, gapMaxNs, overlaps, apart } = more
    to.set(calls, { owners, gapMaxNs, overlaps, apart })
    return
  }
  known.owners += more.owners
  known.gapMaxNs = Math.max(known.gapMaxNs, more.gapMaxNs)
  known.overlaps ||= more.overlaps
  known.apart &&= more.apart
}

/** Where a span was lost the gap is a whole call wider: series as long as this share of all tell of gaps. */
const USUAL_SHARE = 0.2

function habitOfSeries(byCalls: ReadonlyMap<number, Series>): Habit {
  const all = [...byCalls.values()].reduce((n, { owners }) => n + owners, 0)
  const usual = [...byCalls.values()].filter(({ owners }) => owners >= USUAL_SHARE * all)
  const telling = usual.length === 0 ? [...byCalls.values()] : usual
  return {
    callsMax: Math.max(...byCalls.keys()),
    gapMaxNs: Math.max(...telling.map((series) => series.gapMaxNs)),
    overlaps: [...byCalls.values()].some((series) => series.overlaps),
    apart: telling.every((series) => series.apart),
  }
}

/** Several partitions' clues as one's. */
export function joinedHabits(seen: readonly HabitClues[]): HabitClues {
  const hasBaseline = seen.some((s) => s.hasBaseline)
  const series = new Map<number, Map<number, Series>>()
  for (const [key, byCalls] of seen.flatMap((s) => (s.hasBaseline === hasBaseline ? [...s.of] : []))) {
    const known = seriesAt(series, key)
    for (const [calls, one] of byCalls) addSeries(known, calls, one)
  }
  const answersMax = new Map<number, number>()
  for (const [op, n] of seen.flatMap((s) => (s.hasBaseline === hasBaseline ? [...s.answersMax] : [])))
    answersMax.set(op, Math.max(answersMax.get(op) ?? 1, n))
  const untold = new Map<number, Outlived>()
  for (const [key, n] of seen.flatMap((s) => (s.hasBaseline === hasBaseline ? [...s.untold] : []))) {
    const known = untold.get(key) ?? { calls: 0, outlived: 0 }
    untold.set(key, { calls: known.calls + n.calls, outlived: known.outlived + n.outlived })
  }
  const beside = joinedMaps(
    seen.map((s) => s.beside),
    (all) => ({
      pairs: all.reduce((n, one) => n + one.pairs, 0),
      firstUsed: all.reduce((n, one) => n + one.firstUsed, 0),
    }),
  )
  return { hasBaseline, answersMax, of: series, untold, beside }
}

export function habitsOf(seen: readonly HabitClues[]): Habits {
  const { of, ...clues } = joinedHabits(seen)
  return { ...clues, of: new Map([...of].map(([key, byCalls]) => [key, habitOfSeries(byCalls)])) }
}
