import { CONSUMER, PRODUCER } from '../../model/span-kind.ts'
import { hexOf } from '../../model/trace-ids.ts'
import type { Forest, System } from '../assemble/forest.ts'
import { receivedIds, sentId } from '../assemble/linked-consumers.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { typed } from '../calls/bursts.ts'
import { Fail } from '../calls/failure.ts'
import { type Distribution, joinedByKey, quantileIn } from '../numbers/distribution.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { push } from '../numbers/push.ts'
import { SAMPLES_MIN } from './components.ts'

/** A message as it was sent: by which instance, and when, ns. */
export type Sent = { readonly instance: number; readonly atNs: number }

/** And to which service, where it was sent well, else -1; and whether the span of who took it up is below the sender's. */
export type SentMessage = Sent & { readonly callee: number; readonly isAnswered: boolean }

/** Id of the sending span → the message. */
export type SentById = ReadonlyMap<string, SentMessage>

/** A message taken up; of a batch the one that waited longest. */
export type MessageWait = {
  /** Position of the consumer's span. */
  readonly p: number
  readonly sent: Sent
  readonly waitNs: number
  readonly phase: number
  /** Sender's and receiver's instance as one number: between two clocks that are off waits are off by the same. */
  readonly pair: number
}

/** What messages between two instances waited: the least ever, and how long in the baseline, ns. */
export type WaitsSeen = {
  /** Ids of the spans that sent what was taken up elsewhere, and when the last message was, ns. */
  readonly taken: readonly string[]
  readonly lastNs: number
  readonly least: ReadonlyMap<number, number>
  readonly baseline: ReadonlyMap<number, Distribution | Float64Array>
}

/** Pair of instances → what is usual there, and what is far beyond the longest of the baseline, ns. */
export type UsualWaits = ReadonlyMap<number, Usual>

type Usual = { readonly median: number; readonly high: number; readonly far: number }

/** Times the longest of the baseline, above the least. */
const FAR_TIMES = 1.5

export const NO_WAITS: UsualWaits = new Map()

/** Of more messages those whose senders' spans have the lowest ids are looked at, however traces were shared out. */
const SENT_MAX = 65_536

export function hasMessages({ ops }: System): boolean {
  return ops.some(({ kind }) => kind === CONSUMER) && ops.some(({ kind }) => kind === PRODUCER)
}

export function sentSeen(forest: Forest, fail: Uint8Array): readonly [string, SentMessage][] {
  const { table, row, kind, instance, start, callee, server, length } = forest
  const sent: [string, SentMessage][] = []
  for (let p = 0; p < length; p++) {
    if (kind[p] !== PRODUCER) continue
    const to = fail[p] === Fail.ok ? callee[p] : -1
    const message = { instance: instance[p], atNs: start[p], callee: to, isAnswered: server[p] !== -1 }
    sent.push([sentId(table, row[p]), message])
  }
  return lowest(sent)
}

export function joinedSent(seen: readonly (readonly [string, SentMessage][])[]): [string, SentMessage][] {
  return lowest(seen.flat())
}

function lowest(sent: readonly [string, SentMessage][]): [string, SentMessage][] {
  const inOrder = sent.toSorted(([a, one], [b, other]) => (a < b ? -1 : a > b ? 1 : one.atNs - other.atNs))
  return inOrder.slice(0, SENT_MAX)
}

/** Every message of which both the sending and the taking up are told: by the parent, or by links. */
export function messageWaits(
  forest: Forest,
  phases: Phases,
  sentBy: SentById,
): { readonly waits: readonly MessageWait[]; readonly taken: ReadonlySet<string> } {
  const { kind, owner, start, instance, length } = forest
  const found: MessageWait[] = []
  const taken = new Set<string>()
  for (let p = 0; p < length; p++) {
    if (kind[p] !== CONSUMER || owner[p] !== p) continue
    const sent = earliestSent(forest, p, sentBy, taken)
    const ofTrace = phases.ofTrace[forest.trace[p]]
    if (sent === undefined || ofTrace === Phase.none) continue
    const wasOn = phases.chaos.some(({ from, to }) => sent.atNs < to && start[p] >= from)
    const pair = sent.instance * forest.instances.length + instance[p]
    found.push({
      ...{ p, sent, pair, waitNs: start[p] - sent.atNs },
      // A message that lay there while the fault was on met it, whenever it was sent or taken up.
      phase: wasOn ? Phase.chaos : ofTrace,
    })
  }
  return { waits: found, taken }
}

function earliestSent(forest: Forest, p: number, sentBy: SentById, taken: Set<string>): Sent | undefined {
  const { table, row, parent, kind, start, instance } = forest
  const above = parent[p]
  if (above !== -1 && kind[above] === PRODUCER) return { instance: instance[above], atNs: start[above] }
  let first: Sent | undefined
  for (const id of receivedIds(table, row[p])) {
    const sent = sentBy.get(id)
    if (sent !== undefined) taken.add(id)
    if (sent !== undefined && (first === undefined || sent.atNs < first.atNs)) first = sent
  }
  return first
}

const FIELDS = 6

/** As one column, to be kept until it is known what is usual. */
export function packed(waits: readonly MessageWait[]): Float64Array {
  return Float64Array.from(
    waits.flatMap(({ p, sent, waitNs, phase, pair }) => [
      ...[p, sent.instance, sent.atNs],
      ...[waitNs, phase, pair],
    ]),
  )
}

export function unpacked(column: Float64Array): readonly MessageWait[] {
  return Array.from({ length: column.length / FIELDS }, (_, i) => {
    const [p, instance, atNs, waitNs, phase, pair] = column.subarray(i * FIELDS, (i + 1) * FIELDS)
    return { p, sent: { instance, atNs }, waitNs, phase, pair }
  })
}

export function waitsSeen({ waits, taken }: ReturnType<typeof messageWaits>): WaitsSeen {
  const least = new Map<number, number>()
  const baseline = new Map<number, number[]>()
  let lastNs = Number.NEGATIVE_INFINITY
  for (const { pair, waitNs, phase, sent } of waits) {
    lastNs = Math.max(lastNs, sent.atNs + waitNs)
    least.set(pair, Math.min(waitNs, least.get(pair) ?? waitNs))
    if (phase === Phase.baseline) push(baseline, pair, waitNs)
  }
  return { least, baseline: typed(baseline), taken: [...taken], lastNs }
}

/**
 * How long messages wait in the baseline, by pair of instances. One that only came later (a pod started anew) has a
 * clock of its own: its quickest message is taken for one that waited as little as any of its service did.
 */
export function usualWaits(seen: readonly WaitsSeen[], { instances }: System): UsualWaits {
  const baseline = joinedByKey(seen.map((s) => s.baseline))
  const least = joinedMaps(
    seen.map((s) => s.least),
    (all) => Math.min(...all),
  )
  const edgeOf = (pair: number): string =>
    `${instances[Math.floor(pair / instances.length)].service} ${instances[pair % instances.length].service}`
  const usual = new Map<number, Usual>()
  const aboveLeast = new Map<string, Usual>()
  for (const [pair, leastNs] of least) {
    const waits = baseline.get(pair)
    if (waits === undefined || waits.n < SAMPLES_MIN) continue
    const median = quantileIn(waits, 0.5)
    const known = {
      median,
      high: Math.max(quantileIn(waits, 0.99), median + 0.3 * (median - leastNs)),
      far: leastNs + FAR_TIMES * (quantileIn(waits, 1) - leastNs),
    }
    usual.set(pair, known)
    const most = aboveLeast.get(edgeOf(pair))
    aboveLeast.set(edgeOf(pair), {
      median: Math.max(median - leastNs, most?.median ?? 0),
      high: Math.max(known.high - leastNs, most?.high ?? 0),
      far: Math.max(known.far - leastNs, most?.far ?? 0),
    })
  }
  for (const [pair, leastNs] of least) {
    const above = aboveLeast.get(edgeOf(pair))
    if (usual.has(pair) || above === undefined) continue
    const [median, high, far] = [above.median, above.high, above.far].map((ns) => leastNs + ns)
    usual.set(pair, { median, high, far })
  }
  return usual
}

/** The traces of some messages, by the ids of the spans that sent them. */
export function tracesOfSent(
  { table, row, kind, length }: Forest,
  ids: ReadonlySet<string>,
): readonly (readonly [id: string, traceId: string])[] {
  const found: (readonly [string, string])[] = []
  for (let p = 0; p < length; p++) {
    if (kind[p] !== PRODUCER) continue
    const id = sentId(table, row[p])
    if (ids.has(id)) found.push([id, hexOf(table.traceIds, row[p] * 16, 16)])
  }
  return found
}
