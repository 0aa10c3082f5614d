import type { TraceRef } from '../../model/result.ts'
import { edgeKey } from '../assemble/edge-key.ts'
import type { System } from '../assemble/forest.ts'
import { chaosEndOf, chaosStartOf, type Phases } from '../assemble/phases.ts'
import { isFarMore, moreOften } from '../numbers/compare.ts'
import type { SentById, UsualWaits } from './message-waits.ts'

/** Messages sent well from one service to another, as far as there was time to take them up. */
type Fate = { n: number; lost: number }

/** Messages of an edge that nobody takes up in all the data, more of them while the fault was on than before it. */
export type NeverTaken = {
  readonly caller: number
  readonly callee: number
  /** While the fault was on. */
  readonly sent: number
  /** Of these; those left out that would never have been taken up anyway. */
  readonly count: number
  readonly anyway: number
  /** Of the baseline's: how many, and how many of them were never taken up. */
  readonly before: Readonly<Fate>
  /** When the first was sent, ns. */
  readonly firstNs: number
  /** Ids of the first senders' spans. */
  readonly firstIds: readonly string[]
  readonly evidence: readonly TraceRef[]
}

/** Messages that were sent, the ids of those that a span took up, and when the last was sent or taken up, ns. */
export type Messages = {
  readonly sent: SentById
  readonly taken: ReadonlySet<string>
  readonly lastNs: number
  readonly usual: UsualWaits
}

const LEVEL = 0.001
const LOST_MIN = 3
const EXAMPLES_MAX = 3

/**
 * Who takes messages up tells of it by a span below the sender's or linked to it. What nobody took up in the baseline
 * either (a consumer without spans, one that is sampled by itself) is no sign of anything; nor is what was sent so late
 * that the data end before it would have been taken up.
 *
 * @param isNear - whether the fault may keep messages from being taken up there
 */
export function neverTaken(
  { sent, taken, lastNs, usual }: Messages,
  system: System,
  phases: Pick<Phases, 'chaos'>,
  isNear: (caller: number, callee: number) => boolean,
): readonly NeverTaken[] {
  const beganNs = chaosStartOf(phases)
  const endedNs = chaosEndOf(phases)
  const waitNs = longestWaits(usual, system)
  const edges = new Map<number, Counting>()
  for (const [id, { instance, atNs, callee, isAnswered }] of sent) {
    const caller = system.instances[instance].service
    if (callee === -1 || !isNear(caller, callee)) continue
    const edge = edgeKey(caller, callee)
    const longestNs = waitNs.get(edge)
    if (longestNs === undefined || atNs + longestNs > lastNs) continue
    // Of those that may have lain there as it began some met it.
    const isDuring = atNs >= beganNs && atNs < endedNs
    if (!isDuring && atNs + longestNs >= beganNs) continue
    const known = edges.get(edge) ?? counting(caller, callee)
    edges.set(edge, known)
    const isLost = !isAnswered && !taken.has(id)
    const of = isDuring ? known.during : known.before
    of.n += 1
    if (!isLost) continue
    of.lost += 1
    if (of === known.during) known.lost.push([atNs, id])
  }
  return [...edges.values()].flatMap(told).toSorted((a, b) => b.count - a.count || a.caller - b.caller)
}

type Counting = {
  readonly caller: number
  readonly callee: number
  readonly before: Fate
  readonly during: Fate
  readonly lost: [atNs: number, id: string][]
}

function counting(caller: number, callee: number): Counting {
  return { caller, callee, before: { n: 0, lost: 0 }, during: { n: 0, lost: 0 }, lost: [] }
}

function told({ caller, callee, before, during, lost }: Counting): readonly NeverTaken[] {
  const [usually, share] = [before.lost / before.n, during.lost / during.n]
  if (during.lost < LOST_MIN || !isFarMore(usually, share)) return []
  if (moreOften(before.lost, before.n, during.lost, during.n) >= LEVEL) return []
  lost.sort(([a, one], [b, other]) => a - b || (one < other ? -1 : 1))
  const anyway = Math.round(usually * during.n)
  return [
    {
      ...{ caller, callee, before, anyway, sent: during.n, count: during.lost - anyway },
      firstNs: lost[0][0],
      firstIds: lost.slice(0, EXAMPLES_MAX).map(([, id]) => id),
      evidence: [],
    },
  ]
}

/** Beyond the longest of the baseline, by edge. */
function longestWaits(usual: UsualWaits, { instances }: System): ReadonlyMap<number, number> {
  const longest = new Map<number, number>()
  for (const [pair, { far }] of usual) {
    const [from, to] = [Math.floor(pair / instances.length), pair % instances.length]
    const edge = edgeKey(instances[from].service, instances[to].service)
    // A clock that is behind makes waits negative.
    longest.set(edge, Math.max(far, longest.get(edge) ?? 0))
  }
  return longest
}
