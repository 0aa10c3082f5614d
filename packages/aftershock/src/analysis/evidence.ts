import type { Mechanism, Step, TraceMeta, TraceRef } from '../model/result.ts'
import { entryLabel } from './affected.ts'
import { journeyId } from './entries.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { Fail } from './failure.ts'
import { traceIdOf } from './occurrences.ts'
import { Outcome } from './outcomes.ts'
import { PHASE_NAMES, Phase } from './phases.ts'
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
  stepIdsOf: (trace: number) => readonly string[],
): readonly TraceMeta[] {
  const { forest } = facts
  const byId = tracesById(facts, [
    ...steps.flatMap((step) => step.evidence),
    ...mechanisms.flatMap((mechanism) => mechanism.evidence),
  ])
  const twins = baselineTwins(facts)
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
  return [...chosen]
    .sort((a, b) => forest.start[forest.traceStart[a]] - forest.start[forest.traceStart[b]] || a - b)
    .map((t) => metaOf(facts, t, twins, stepIdsOf(t)))
}

/** The numbers of the traces that are referred to. */
function tracesById(facts: Facts, refs: readonly TraceRef[]): ReadonlyMap<string, number> {
  const { forest } = facts
  const bytes = forest.table.traceIds
  const wanted = new Set(refs.map((ref) => Number.parseInt(ref.traceId.slice(-4), 16)))
  const byId = new Map<string, number>()
  for (let t = 0; t < forest.traces; t++) {
    // Writing every id would take longer than all else here: its last bytes tell nearly all apart.
    const at = forest.row[forest.traceStart[t]] * 16
    if (!wanted.has(bytes[at + 14] * 256 + bytes[at + 15])) continue
    byId.set(traceIdOf(facts, forest.traceStart[t]), t)
  }
  return byId
}

/** Entry operation → the good baseline trace of middle length. */
function baselineTwins(facts: Facts): ReadonlyMap<number, number> {
  const { forest, phases, outcomes } = facts
  const byOp = new Map<number, number[]>()
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] !== Phase.baseline || outcomes.outcome[t] !== Outcome.ok) continue
    const op = forest.op[forest.entry[t]]
    const list = byOp.get(op)
    if (list === undefined) byOp.set(op, [t])
    else list.push(t)
  }
  const took = (t: number): number => forest.end[forest.entry[t]] - forest.start[forest.entry[t]]
  return new Map(
    [...byOp].map(([op, list]) => [op, list.sort((a, b) => took(a) - took(b) || a - b)[list.length >> 1]]),
  )
}

/** A request that succeeded because a later attempt did. */
function rescuedTrace(facts: Facts): number | undefined {
  const { forest, logical, attribution, outcomes, fail } = facts
  for (let p = 0; p < forest.length; p++) {
    const before = logical.previous[p]
    if (before === -1 || fail[p] !== Fail.ok || attribution.failed[before] === 0) continue
    const t = forest.trace[p]
    if (outcomes.outcome[t] === Outcome.absorbed || outcomes.outcome[t] === Outcome.slow) return t
  }
  return undefined
}

function metaOf(
  facts: Facts,
  t: number,
  twins: ReadonlyMap<number, number>,
  stepIds: readonly string[],
): TraceMeta {
  const { forest, phases, outcomes, logical } = facts
  const [from, to] = [forest.traceStart[t], forest.traceStart[t + 1]]
  const entry = forest.entry[t] === -1 ? from : forest.entry[t]
  const services = new Set<number>()
  let retries = 0
  for (let p = from; p < to; p++) {
    services.add(forest.service[p])
    retries += extraAttemptsAt(logical, p)
  }
  const twin = twins.get(forest.op[entry])
  const isOwnTwin = twin === undefined || twin === t
  const outcome = OUTCOME_NAMES[outcomes.outcome[t]]
  return {
    traceId: traceIdOf(facts, entry),
    at: offsetMs(facts, forest.start[entry]),
    phase: PHASE_NAMES[Math.max(0, phases.ofTrace[t] - 1)],
    journey: journeyId({ entry: entryLabel(facts, entry), label: '', traces: [] }),
    ok: outcomes.outcome[t] !== Outcome.failed,
    outcome,
    durMs: Math.round((forest.end[entry] - forest.start[entry]) / 1e3) / 1e3,
    spans: to - from,
    services: services.size,
    retries,
    fault: [...services]
      .filter((s) => facts.targets.has(s) && phases.ofTrace[t] === Phase.chaos)
      .map((s) => nameOf(facts, s)),
    stepIds,
    ...(isOwnTwin ? {} : { twin: traceIdOf(facts, forest.traceStart[twin]) }),
    embedded: 'none',
  }
}
