import { joinedMaps } from '../numbers/joined-maps.ts'
import { mergedRuns } from '../numbers/merge-runs.ts'
import type { Affected, Digest, FirstRequests } from './digest.ts'
import { joinedEntries } from './entry-tallies.ts'
import { byRequest, leastBy, type Shown } from './examples.ts'
import { joinedFound } from './found.ts'
import { joinedMet } from './met-tallies.ts'
import { joinedClasses, type RequestClass } from './request-classes.ts'
import { REQUESTS_MAX } from './sham.ts'

type Typed = Uint8Array | Uint32Array | Float64Array

/** All partitions' digests as one, whatever their order. */
export function joinedDigest(parts: readonly Digest[]): Digest {
  const classes = joinedClasses(parts.map((part) => part.classes))
  const rescued = parts.map((part) => part.rescued).filter((one): one is Shown => one !== undefined)
  return {
    classes,
    affected: joinedAffected(parts, classes),
    found: joinedMaps(
      parts.map((part) => part.found),
      joinedFound,
    ),
    met: joinedMet(parts.map((part) => part.met)),
    entries: joinedEntries(parts.map((part) => part.entries)),
    rescued: rescued.length === 0 ? undefined : leastBy(rescued, byRequest),
    baseline: joinedFirst(parts.map((part) => part.baseline)),
  }
}

function joinedAffected(parts: readonly Digest[], classes: readonly RequestClass[]): Affected {
  const places = new Map(classes.map(({ key }, i) => [key, i]))
  const of = parts.map((part) => {
    const placeOf = Uint32Array.from(part.classes, ({ key }) => places.get(key) ?? 0)
    return part.affected.of.map((own) => placeOf[own])
  })
  if (parts.length === 1) return { ...parts[0].affected, of: of[0] }
  const all = parts.map((part) => part.affected)
  const order = requestOrder(all)
  const times = (what: 'first' | 'start' | 'end'): Float64Array =>
    gathered(
      all.map((one) => one[what]),
      order,
    )
  return {
    traceIds: idsOf(all, order),
    first: times('first'),
    start: times('start'),
    end: times('end'),
    of: gathered(of, order),
  }
}

function joinedFirst(parts: readonly FirstRequests[]): FirstRequests {
  const order = requestOrder(parts).subarray(0, REQUESTS_MAX)
  return {
    all: parts.reduce((n, part) => n + part.all, 0),
    first: gathered(
      parts.map((part) => part.first),
      order,
    ),
    traceIds: idsOf(parts, order),
  }
}

function idsOf(parts: readonly Pick<Affected, 'traceIds'>[], order: Uint32Array): Uint8Array {
  return gathered(
    parts.map((part) => part.traceIds),
    order,
    16,
  )
}

/** Requests of all partitions, one behind the other, by first start and then by id. */
function requestOrder(parts: readonly Pick<Affected, 'first' | 'traceIds'>[]): Uint32Array {
  const first = concatenated(parts.map((part) => part.first))
  const id = concatenated(parts.map((part) => part.traceIds))
  return mergedRuns(
    parts.map((part) => part.first.length),
    (a, b) => first[a] > first[b] || (first[a] === first[b] && isIdAfter(id, a * 16, b * 16)),
  )
}

function isIdAfter(id: Typed, a: number, b: number): boolean {
  for (let i = 0; i < 16; i++) if (id[a + i] !== id[b + i]) return id[a + i] > id[b + i]
  return false
}

function concatenated<T extends Typed>(lists: readonly T[]): T {
  const all = emptyLike(
    lists[0],
    lists.reduce((n, list) => n + list.length, 0),
  )
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  return all
}

function emptyLike<T extends Typed>(like: T, n: number): T {
  return new (like.constructor as new (n: number) => T)(n)
}

/** The elements of all, `each` to a request, in another order. */
function gathered<T extends Typed>(lists: readonly T[], order: Uint32Array, each = 1): T {
  const column = concatenated(lists)
  const to = emptyLike(column, order.length * each)
  let at = 0
  for (let i = 0; i < order.length; i++) {
    const first = order[i] * each
    for (let k = 0; k < each; k++) to[at++] = column[first + k]
  }
  return to
}
