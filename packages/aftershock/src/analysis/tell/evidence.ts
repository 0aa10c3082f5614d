import type { Mechanism, Step, TraceMeta, TraceRef } from '../../model/result.ts'
import { PHASE_NAMES, Phase } from '../assemble/phases.ts'
import { entryLabel } from '../findings/affected.ts'
import { byRequest } from '../findings/examples.ts'
import { type Facts, nameOf, offsetMs } from '../findings/facts.ts'
import type { RequestClass } from '../findings/request-classes.ts'
import type { ShownTrace } from '../findings/shown-traces.ts'
import { OUTCOME_NAMES, Outcome } from '../judge/outcomes.ts'
import { journeyId } from './entries.ts'

const TRACES_MAX = 48

/**
 * The traces that prove the findings: of each step and mechanism the first, a typical and the worst, and one that was
 * rescued.
 *
 * @returns their ids
 */
export function evidenceTraces(
  facts: Facts,
  steps: readonly Step[],
  mechanisms: readonly Mechanism[],
): readonly string[] {
  const chosen = new Set<string>()
  const add = (refs: readonly TraceRef[]): void => {
    for (const { traceId } of refs) if (chosen.size < TRACES_MAX) chosen.add(traceId)
  }
  // Every step has one before any has more.
  for (const step of steps.toReversed()) add(step.evidence.slice(0, 1))
  for (const step of steps.toReversed()) add(step.evidence)
  for (const mechanism of mechanisms) add(mechanism.evidence)
  const { rescued } = facts.digest
  if (rescued !== undefined) chosen.add(rescued.traceId)
  return [...chosen]
}

/** For each entry its baseline twin: a good trace of the baseline of middle length. */
export function twinTraces({ digest }: Facts): readonly string[] {
  return [...digest.entries.twins.values()].map(({ shown }) => shown.traceId)
}

/** @param known - what is told of these traces and of all twins, by id */
export function evidenceMetas(
  facts: Facts,
  traceIds: readonly string[],
  known: ReadonlyMap<string, ShownTrace>,
  stepIdsOf: (request: RequestClass) => readonly string[],
): readonly TraceMeta[] {
  const classes = new Map(facts.digest.classes.map((one) => [one.key, one]))
  const { twins } = facts.digest.entries
  const twinOf = (trace: ShownTrace): string | undefined => twins.get(trace.op)?.shown.traceId
  const all = new Set<ShownTrace>()
  for (const id of traceIds) {
    const trace = known.get(id)
    if (trace === undefined) continue
    all.add(trace)
    const twin = classes.get(trace.classKey)?.isRooted ? known.get(twinOf(trace) ?? '') : undefined
    if (twin !== undefined) all.add(twin)
  }
  return [...all].sort(byRequest).flatMap((trace) => {
    const request = classes.get(trace.classKey)
    return request === undefined ? [] : [metaOf(facts, trace, request, twinOf(trace), stepIdsOf(request))]
  })
}

function metaOf(
  facts: Facts,
  { traceId, start, end, spans, services, retries }: ShownTrace,
  { phase, outcome, asked }: RequestClass,
  twin: string | undefined,
  stepIds: readonly string[],
): TraceMeta {
  return {
    traceId,
    at: offsetMs(facts, start),
    phase: PHASE_NAMES[Math.max(0, phase - 1)],
    journey: journeyId(entryLabel(facts, asked)),
    ok: outcome !== Outcome.failed,
    outcome: OUTCOME_NAMES[outcome],
    durMs: Math.round((end - start) / 1e3) / 1e3,
    spans,
    services: services.filter((s) => facts.system.services[s].kind !== 'user').length,
    retries,
    fault: services.filter((s) => facts.targets.has(s) && phase === Phase.chaos).map((s) => nameOf(facts, s)),
    stepIds,
    ...(twin === undefined || twin === traceId ? {} : { twin }),
    embedded: 'none',
  }
}
