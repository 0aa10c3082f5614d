import { askedAt } from './affected.ts'
import { type Digest, edgeKey, type Finds, GRPC } from './digest.ts'
import { MEASURED, rowColumns } from './digest-rows.ts'
import { meetings } from './eligible.ts'
import { Fail } from './failure.ts'
import { filled } from './filled.ts'
import type { Told } from './judge-steps.ts'
import { KINDS } from './kinds.ts'
import type { Pick as Picked } from './occurrences.ts'
import { Outcome } from './outcomes.ts'
import { pathOf, wayOf } from './paths.ts'
import { Phase } from './phases.ts'

/** What the telling needs of a partition: the entry of every request, and the spans that stand out. */
export function digestOf(
  told: Told,
  targets: ReadonlySet<number>,
): { readonly digest: Digest; readonly retried: Retried } {
  const { forest, phases } = told
  const places = placesOf(told, targets)
  const kept = new Uint8Array(forest.length)
  const requests: number[] = []
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] === Phase.none) continue
    requests.push(t)
    kept[headOf(told, t)] = 1
  }
  for (const { rows } of places.values()) for (const p of rows) kept[p] = 1
  const positions = new Uint32Array(countOf(kept))
  let length = 0
  const trace = new Uint32Array(positions.length)
  const rowOf = new Int32Array(forest.length).fill(-1)
  for (const [r, t] of requests.entries()) {
    for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
      if (kept[p] === 0) continue
      positions[length] = p
      trace[length] = r
      rowOf[p] = length++
    }
  }
  const digest = {
    length: positions.length,
    traces: requests.length,
    ...requestColumns(told, requests, rowOf),
    ...rowColumns(told, positions, trace, targets),
    finds: Object.fromEntries(
      [...places].map(([kind, found]): [string, Finds] => [
        kind,
        {
          rows: filled(new Uint32Array(found.rows.length), found.rows, (p) => rowOf[p]),
          edges: Float64Array.from(found.edges),
          ms: measured(told, kind, found.rows),
          besides: found.besides,
        },
      ]),
    ),
  }
  const { rows, edges } = places.get('retry') ?? { rows: [], edges: [] }
  return { digest, retried: { positions: rows, edges } }
}

function measured(told: Told, kind: string, rows: readonly number[]): Float64Array {
  const of = MEASURED[kind]
  return of === undefined
    ? new Float64Array(0)
    : filled(new Float64Array(rows.length), rows, (p) => of(told, p))
}

/** Last attempts of calls that were tried again because of the fault, with the edge of each. */
export type Retried = { readonly positions: readonly number[]; readonly edges: readonly number[] }

function countOf(marks: Uint8Array): number {
  let n = 0
  for (let i = 0; i < marks.length; i++) n += marks[i]
  return n
}

/** The span that stands for a request: its entry, or its first where the root was lost. */
function headOf({ forest }: Told, t: number): number {
  return forest.entry[t] === -1 ? forest.traceStart[t] : forest.entry[t]
}

export type Places = {
  readonly rows: number[]
  readonly edges: number[]
  readonly besides: Map<number, { others: number; before: number }>
}

function placesOf(told: Told, targets: ReadonlySet<number>): ReadonlyMap<string, Places> {
  const { forest, phases } = told
  const candidates = candidatesOf(told)
  const places = new Map<string, Places>()
  for (const { kind, pick } of KINDS) {
    const found: Places = { rows: [], edges: [], besides: new Map() }
    const pickAt = pick(told, targets)
    for (const p of candidates) {
      const one = pickAt(p)
      if (one !== undefined) note(found, p, one, phases.ofTrace[forest.trace[p]])
    }
    places.set(kind, found)
  }
  const met = meetings(told, targets)
  places.set('met', { rows: [...met], edges: met.map(() => 0), besides: new Map() })
  const rescued = candidates.find((p) => isRescued(told, p))
  places.set('rescued', {
    rows: rescued === undefined ? [] : [rescued],
    edges: rescued === undefined ? [] : [0],
    besides: new Map(),
  })
  return places
}

function note(found: Places, p: number, { caller, callee, attributed }: Picked, phase: number): void {
  const edge = edgeKey(caller, callee)
  let besides = found.besides.get(edge)
  if (besides === undefined) {
    besides = { others: 0, before: 0 }
    found.besides.set(edge, besides)
  }
  if (phase === Phase.baseline) besides.before += 1
  else if (attributed === 0) besides.others += 1
  else {
    found.rows.push(p)
    found.edges.push(edge)
  }
}

/** Positions at which anything may have happened, in order; most spans are none. */
function candidatesOf({
  forest,
  fail,
  logical,
  hidden,
  phases,
  sites,
  attribution,
}: Told): readonly number[] {
  const { inner } = logical
  const isCandidate = new Uint8Array(forest.length)
  const isSideways = Uint8Array.from(attribution.reasons, (reason) => (reason === 'sideways' ? 1 : 0))
  for (let p = 0; p < forest.length; p++) {
    const site = sites.ofPart[p]
    if (
      fail[p] !== Fail.ok ||
      logical.attempt[p] > 1 ||
      inner.extra[p] > 0 ||
      inner.beside[p] === 1 ||
      hidden.quiet[p] !== -1 ||
      hidden.callee[p] !== -1
    ) {
      isCandidate[p] = 1
      const answer = forest.server[p]
      if (answer !== -1) isCandidate[answer] = 1
      if (inner.extra[p] > 0) {
        // What is below may be the work of an attempt that shares the span.
        for (let c = p + 1; c < p + forest.size[p]; c += forest.size[c]) isCandidate[c] = 1
      }
    } else if (site !== -1 && sites.excess[p] === 1 && isSideways[site] === 1) isCandidate[p] = 1
  }
  const found: number[] = []
  for (let p = 0; p < forest.length; p++) {
    if (isCandidate[p] === 1 && phases.ofTrace[forest.trace[p]] !== Phase.none) found.push(p)
  }
  return found
}

/** A later attempt came through, and so did the request. */
function isRescued({ forest, fail, logical, attribution, outcomes }: Told, p: number): boolean {
  const before = logical.previous[p]
  if (before === -1 || fail[p] !== Fail.ok || attribution.failed[before] === 0) return false
  const outcome = outcomes.outcome[forest.trace[p]]
  return outcome === Outcome.absorbed || outcome === Outcome.slow
}

function requestColumns(told: Told, requests: readonly number[], rowOf: Int32Array) {
  const { forest, phases, outcomes } = told
  const { table, row } = forest
  const texts = new Map<string, number>()
  const idOf = (text: string): number => {
    const id = texts.get(text) ?? texts.size
    texts.set(text, id)
    return id
  }
  const traceIds = new Uint8Array(requests.length * 16)
  const path = new Int32Array(requests.length).fill(-1)
  const way = new Int32Array(requests.length).fill(-1)
  const open = new Uint8Array(requests.length)
  for (const [r, t] of requests.entries()) {
    const from = row[forest.traceStart[t]] * 16
    traceIds.set(table.traceIds.subarray(from, from + 16), r * 16)
    const entry = forest.entry[t]
    if (entry === -1 || outcomes.attributed[t] === 0 || phases.ofTrace[t] < Phase.chaos) continue
    const found = pathOf(told, entry)
    path[r] = idOf(found.path)
    open[r] = found.open ? 1 : 0
    const handed = wayOf(told, entry)
    if (handed !== '') way[r] = idOf(handed)
  }
  const n = requests.length
  const bytes = (column: Uint8Array): Uint8Array => filled(new Uint8Array(n), requests, (t) => column[t])
  return {
    traceIds,
    path,
    way,
    open,
    paths: [...texts.keys()],
    first: filled(new Float64Array(n), requests, (t) => forest.traceFirst[t]),
    withoutNs: filled(new Float64Array(n), requests, (t) => told.attribution.durationNs[headOf(told, t)]),
    ofPhase: bytes(phases.ofTrace),
    outcome: bytes(outcomes.outcome),
    attributed: bytes(outcomes.attributed),
    hung: bytes(outcomes.hung),
    entry: filled(new Int32Array(n), requests, (t) => (forest.entry[t] === -1 ? -1 : rowOf[forest.entry[t]])),
    head: filled(new Int32Array(n), requests, (t) => rowOf[headOf(told, t)]),
    asked: filled(new Uint32Array(n), requests, (t) => askedAt(forest, headOf(told, t))),
    answer: filled(new Uint16Array(n), requests, (t) => answerAt(told, headOf(told, t))),
  }
}

function answerAt({ forest: { table, row } }: Told, p: number): number {
  const [http, grpc] = [table.httpStatus[row[p]], table.grpcStatus[row[p]]]
  if (http >= 400) return http
  return grpc > 0 && grpc !== 255 ? GRPC + grpc : 0
}
