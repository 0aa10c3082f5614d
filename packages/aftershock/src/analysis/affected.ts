import type { AffectedTrace } from '../model/result.ts'
import { type Facts, offsetMs } from './facts.ts'
import { traceIdOf } from './occurrences.ts'
import { Outcome } from './outcomes.ts'
import { PHASE_NAMES, Phase } from './phases.ts'

const NAMES = { [Outcome.failed]: 'failed', [Outcome.slow]: 'slow', [Outcome.absorbed]: 'absorbed' } as const

/** Entry operation as people know it: `service operation`. */
export function entryLabel(facts: Facts, entry: number): string {
  const { forest } = facts
  const answered = forest.callee[entry] !== -1 && forest.server[entry] !== -1 ? forest.server[entry] : entry
  return `${forest.services[forest.service[answered]].name} ${forest.ops[forest.op[answered]].label}`
}

/** Every failed, slow or absorbed request of chaos and recovery. */
export function affectedTraces(
  facts: Facts,
  stepIdsOf: (trace: number) => readonly string[],
): readonly AffectedTrace[] {
  const { forest, phases, outcomes } = facts
  const found: AffectedTrace[] = []
  for (let t = 0; t < forest.traces; t++) {
    const outcome = outcomes.outcome[t]
    if (phases.ofTrace[t] < Phase.chaos) continue
    if (outcome !== Outcome.failed && outcome !== Outcome.slow && outcome !== Outcome.absorbed) continue
    const isRooted = forest.entry[t] !== -1
    const entry = isRooted ? forest.entry[t] : forest.traceStart[t]
    found.push({
      traceId: traceIdOf(facts, entry),
      outcome: NAMES[outcome],
      attributed: outcomes.attributed[t] === 1,
      ...(outcomes.hung[t] === 1 ? { hung: true } : {}),
      entry: isRooted ? entryLabel(facts, entry) : '(never ended)',
      phase: PHASE_NAMES[phases.ofTrace[t] - 1],
      at: offsetMs(facts, forest.start[entry]),
      durationMs: Math.round((forest.end[entry] - forest.start[entry]) / 1e3) / 1e3,
      stepIds: stepIdsOf(t),
    })
  }
  return found
}
