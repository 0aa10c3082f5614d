import type { AffectedTrace } from '../../model/result.ts'
import { hexOf } from '../../model/trace-ids.ts'
import { PHASE_NAMES } from '../assemble/phases.ts'
import { harmName } from '../judge/outcomes.ts'
import { type Facts, offsetMs } from './facts.ts'
import type { RequestClass } from './request-classes.ts'

/** Entry operation as people know it: `service operation`. */
export function entryLabel({ system }: Facts, asked: number): string {
  const { service, label } = system.ops[asked]
  return `${system.services[service].name} ${label}`
}

/** Every failed, slow or absorbed request of chaos and recovery. */
export function affectedTraces(
  facts: Facts,
  stepIdsOf: (request: RequestClass) => readonly string[],
): readonly AffectedTrace[] {
  const { classes, affected } = facts.digest
  // What requests of one class have in common is one and the same object.
  const common = classes.map((one) => ({
    outcome: harmName(one.outcome),
    attributed: one.isAttributed,
    ...(one.isHung ? { hung: true } : {}),
    entry: one.isRooted ? entryLabel(facts, one.asked) : '(never ended)',
    phase: PHASE_NAMES[Math.max(0, one.phase - 1)],
  }))
  const stepIds = classes.map(stepIdsOf)
  return Array.from(affected.of, (of, i) => ({
    traceId: hexOf(affected.traceIds, i * 16, 16),
    ...common[of],
    at: offsetMs(facts, affected.start[i]),
    durationMs: Math.round((affected.end[i] - affected.start[i]) / 1e3) / 1e3,
    stepIds: stepIds[of],
  }))
}
