import { leastOf } from '../model/extremes.ts'
import type { Mechanism, Step, TraceMeta, TraceRef } from '../model/result.ts'
import { hexOf } from '../model/trace-ids.ts'
import { entryLabel } from './affected.ts'
import { select } from './compare.ts'
import { journeyId } from './entries.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { filled } from './filled.ts'
import type { Told } from './judge-steps.ts'
import { traceIdOf } from './occurrences.ts'
import { Outcome } from './outcomes.ts'
import { PHASE_NAMES, Phase } from './phases.ts'
import { push } from './push.ts'
import { extraAttemptsAt } from './retries.ts'

const TRACES_MAX = 48
const OUTCOME_NAMES = ['unknown', 'ok', 'failed', 'slow', 'absorbed'] as const

/**
 * The traces that prove the findings: of each step and mechanism the first, a typical and the worst, one
 * that was rescued, and for each entry its baseline twin: a good trace of the baseline of middle length.
 */
export function evidenceTraces(
  facts: Facts,
  steps: readonly Step[],
  mechanisms: readonly Mechanism[],
  twins: ReadonlyMap<number, number>,
): readonly number[] {
  const { forest } = facts
  const byId = tracesById(facts, [
    ...steps.flatMap((step) => step.evidence),
    ...mechanisms.flatMap((mechanism) => mechanism.evidence),
  ])
  const chosen = new Set<number>()
  const add = (refs: readonly TraceRef[]): void => {
    for (const ref of refs) {
      const t = byId.get(ref.traceId)
      if (t !== undefined && chosen.size < TRACES_MAX) chosen.add(t)
    }
  }
  // Every step has one before any has more.
  for (const step of steps.toReversed()) add(step.evidence.slice(0, 1))
  for (const step of steps.toReversed()) add(step.evidence)
  for (const mechanism of mechanisms) add(mechanism.evidence)
  const rescued = rescuedTrace(facts)
  if (rescued !== undefined) chosen.add(rescued)
  for (const t of [...chosen]) {
    const twin = forest.entry[t] === -1 ? undefined : twins.get(forest.op[forest.entry[t]])
    if (twin !== undefined) chosen.add(twin)
  }
  return [...chosen].sort((a, b) => a - b)
}

/** @param sizes - by trace id */
export function evidenceMetas(
  facts: Facts,
  traces: readonly number[],
  twins: ReadonlyMap<number, number>,
  sizes: ReadonlyMap<string, TraceSize>,
  stepIdsOf: (trace: number) => readonly string[],
): readonly TraceMeta[] {
  return traces.flatMap((t) => {
    const size = sizes.get(traceIdOf(facts, t))
    return size === undefined ? [] : [metaOf(facts, t, twins, stepIdsOf(t), size)]
  })
}

/** The numbers of the traces that are referred to. */
function tracesById(facts: Facts, refs: readonly TraceRef[]): ReadonlyMap<string, number> {
  const { forest } = facts
  const bytes = forest.traceIds
  const wanted = new Set(refs.map((ref) => Number.parseInt(ref.traceId.slice(-4), 16)))
  const byId = new Map<string, number>()
  for (let t = 0; t < forest.traces; t++) {
    // Writing every id would take longer than all else here: its last bytes tell nearly all apart.
    const at = t * 16
    if (!wanted.has(bytes[at + 14] * 256 + bytes[at + 15])) continue
    byId.set(traceIdOf(facts, t), t)
  }
  return byId
}

/** Entry operation → the good baseline trace of middle length. */
export function baselineTwins({ forest }: Facts): ReadonlyMap<number, number> {
  const byOp = new Map<number, number[]>()
  for (let t = 0; t < forest.traces; t++) {
    if (forest.ofPhase[t] !== Phase.baseline || forest.outcome[t] !== Outcome.ok) continue
    push(byOp, forest.op[forest.entry[t]], t)
  }
  const tookNs = (t: number): number => forest.end[forest.entry[t]] - forest.start[forest.entry[t]]
  return new Map([...byOp].map(([op, traces]) => [op, middleOf(traces, tookNs)]))
}

/** The one in the middle by a value, and then by number: found without sorting them all. */
function middleOf(traces: readonly number[], of: (t: number) => number): number {
  const values = filled(new Float64Array(traces.length), traces, of)
  const middle = select(values, traces.length >> 1)
  let before = traces.length >> 1
  for (const value of values) if (value < middle) before -= 1
  const alike = traces.filter((t) => of(t) === middle)
  return alike[before]
}

/** The first request that succeeded because a later attempt did. */
function rescuedTrace({ forest }: Facts): number | undefined {
  const rows = forest.finds.rescued.rows
  return rows.length === 0 ? undefined : leastOf(Array.from(rows, (row) => forest.trace[row]))
}

/** What is counted over the spans of one trace. */
export type TraceSize = {
  readonly spans: number
  readonly services: readonly number[]
  readonly retries: number
}

/** @returns trace id → its size, of those traces that the partition has */
export function sizesSeen(
  { forest, logical }: Told,
  traceIds: ReadonlySet<string>,
): ReadonlyMap<string, TraceSize> {
  const { table, row, traceStart } = forest
  const wanted = new Set([...traceIds].map((id) => Number.parseInt(id.slice(-4), 16)))
  const sizes = new Map<string, TraceSize>()
  for (let t = 0; t < forest.traces; t++) {
    const at = row[traceStart[t]] * 16
    if (!wanted.has(table.traceIds[at + 14] * 256 + table.traceIds[at + 15])) continue
    const id = hexOf(table.traceIds, at, 16)
    if (!traceIds.has(id)) continue
    const services = new Set<number>()
    let [retries, untold] = [0, 0]
    for (let p = traceStart[t]; p < traceStart[t + 1]; p++) {
      services.add(forest.service[p])
      if (forest.untold[p] === 1) untold += 1
      retries += extraAttemptsAt(logical, p)
    }
    sizes.set(id, { spans: traceStart[t + 1] - traceStart[t] - untold, services: [...services], retries })
  }
  return sizes
}

function metaOf(
  facts: Facts,
  t: number,
  twins: ReadonlyMap<number, number>,
  stepIds: readonly string[],
  size: TraceSize,
): TraceMeta {
  const { forest } = facts
  const entry = forest.head[t]
  const twin = twins.get(forest.op[entry])
  const isOwnTwin = twin === undefined || twin === t
  const outcome = OUTCOME_NAMES[forest.outcome[t]]
  return {
    traceId: traceIdOf(facts, t),
    at: offsetMs(facts, forest.start[entry]),
    phase: PHASE_NAMES[Math.max(0, forest.ofPhase[t] - 1)],
    journey: journeyId({ entry: entryLabel(facts, t), label: '', traces: [] }),
    ok: forest.outcome[t] !== Outcome.failed,
    outcome,
    durMs: Math.round((forest.end[entry] - forest.start[entry]) / 1e3) / 1e3,
    spans: size.spans,
    services: size.services.length,
    retries: size.retries,
    fault: size.services
      .filter((s) => facts.targets.has(s) && forest.ofPhase[t] === Phase.chaos)
      .map((s) => nameOf(facts, s)),
    stepIds,
    ...(isOwnTwin ? {} : { twin: traceIdOf(facts, twin) }),
    embedded: 'none',
  }
}
