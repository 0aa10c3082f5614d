import { Phase } from '../assemble/phases.ts'
import type { Told } from '../judge/told.ts'
import { ListIds } from '../numbers/list-ids.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'
import { askedAt } from './asked-at.ts'
import { pathOf, wayOf } from './paths.ts'

/** Requests that are told alike, and how many there are. */
export type RequestClass = {
  /** The same wherever there are such requests. */
  readonly key: string
  readonly n: number
  /** `Phase`. */
  readonly phase: number
  /** `Outcome`. */
  readonly outcome: number
  readonly isAttributed: boolean
  readonly isHung: boolean
  /** Its root was not lost. */
  readonly isRooted: boolean
  /** What was asked for: the operation that answered. */
  readonly asked: number
  /** Status of a failed one: HTTP from 400 on, `GRPC` and the gRPC code, 0 without. */
  readonly answer: number
  /** Services from the entry down to where the failure or the lost time began; empty: not attributed. */
  readonly path: readonly number[]
  /** The path is cut short by state: an open breaker, a full service. */
  readonly isOpen: boolean
  /** Services that handed the failure up. */
  readonly way: readonly number[]
  /** What happened in them because of the fault, by `findKey`, in order. */
  readonly shows: readonly string[]
}

/** Added to gRPC codes in `answer`. */
export const GRPC = 1000

/** Requests of a partition by class. */
export class RequestClasses {
  readonly ids = new TupleIds()
  readonly counts: number[] = []
  readonly #lists = new ListIds()

  /** @param shows - numbers of what happened in it, which are put in order */
  add(told: Told, t: number, shows: number[]): number {
    const { forest, phases, outcomes } = told
    const entry = forest.entry[t]
    const head = headOf(told, t)
    const phase = phases.ofTrace[t]
    let [path, open, way] = [0, 0, 0]
    if (entry !== -1 && outcomes.attributed[t] === 1 && phase >= Phase.chaos) {
      const found = pathOf(told, entry, this.#lists)
      path = found.path
      open = found.open ? 1 : 0
      way = wayOf(told, entry, this.#lists)
    }
    let shown = 0
    if (shows.length > 1) shows.sort((a, b) => a - b)
    for (const one of shows) shown = this.#lists.with(shown, one)
    const bits = phase | (outcomes.outcome[t] << 2) | (outcomes.attributed[t] << 5) | (outcomes.hung[t] << 6)
    const flags = bits | (entry === -1 ? 0 : 128) | (open << 8) | (answerAt(told, head) << 9)
    const id = this.ids.id(askedAt(forest, head), flags, path, way, shown)
    this.counts[id] = (this.counts[id] ?? 0) + 1
    return id
  }

  /** @param nameOf - the key of what happened, from its number */
  all(nameOf: (shown: number) => string): readonly RequestClass[] {
    return this.counts.map((n, id) => {
      const part = (i: number): number => this.ids.part(id, i)
      const flags = part(1)
      const [path, way] = [this.#lists.valuesOf(part(2)), this.#lists.valuesOf(part(3))]
      const shows = this.#lists.valuesOf(part(4)).map(nameOf).sort()
      return {
        key: [part(0), flags, path.join('>'), way.join('>'), shows.join()].join(' '),
        n,
        phase: flags & 3,
        outcome: (flags >> 2) & 7,
        isAttributed: (flags & 32) !== 0,
        isHung: (flags & 64) !== 0,
        isRooted: (flags & 128) !== 0,
        isOpen: (flags & 256) !== 0,
        asked: part(0),
        answer: flags >>> 9,
        path,
        way,
        shows,
      }
    })
  }
}

/** In one order, whoever saw them. */
export function joinedClasses(seen: readonly (readonly RequestClass[])[]): readonly RequestClass[] {
  const all = new Map<string, RequestClass>()
  for (const one of seen.flat()) all.set(one.key, { ...one, n: one.n + (all.get(one.key)?.n ?? 0) })
  return [...all.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** The span that stands for a request: its entry, or its first where the root was lost. */
export function headOf({ forest }: Told, t: number): number {
  return forest.entry[t] === -1 ? forest.traceStart[t] : forest.entry[t]
}

function answerAt({ forest: { table, row } }: Told, p: number): number {
  const [http, grpc] = [table.httpStatus[row[p]], table.grpcStatus[row[p]]]
  if (http >= 400) return http
  return grpc > 0 && grpc !== 255 ? GRPC + grpc : 0
}
