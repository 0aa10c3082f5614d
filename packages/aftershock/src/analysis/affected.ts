import type { AffectedTrace } from '../model/result.ts'
import { type Facts, offsetMs } from './facts.ts'
import type { Forest } from './forest.ts'
import { traceIdOf } from './occurrences.ts'
import { Outcome } from './outcomes.ts'
import { PHASE_NAMES, Phase } from './phases.ts'

const NAMES = { [Outcome.failed]: 'failed', [Outcome.slow]: 'slow', [Outcome.absorbed]: 'absorbed' } as const

/** The operation that answers at a span: that of the callee where there is one. */
export function askedAt({ callee, server, op }: Pick<Forest, 'callee' | 'server' | 'op'>, p: number): number {
  return op[callee[p] !== -1 && server[p] !== -1 ? server[p] : p]
}

/** Entry operation as people know it: `service operation`. */
export function entryLabel({ forest }: Facts, trace: number): string {
  const { service, label } = forest.ops[forest.asked[trace]]
  return `${forest.services[service].name} ${label}`
}

/** Every failed, slow or absorbed request of chaos and recovery. */
export function affectedTraces(
  facts: Facts,
  stepIdsOf: (trace: number) => readonly string[],
): readonly AffectedTrace[] {
  const { forest } = facts
  const found: AffectedTrace[] = []
  for (let t = 0; t < forest.traces; t++) {
    const outcome = forest.outcome[t]
    if (forest.ofPhase[t] < Phase.chaos) continue
    if (outcome !== Outcome.failed && outcome !== Outcome.slow && outcome !== Outcome.absorbed) continue
    const isRooted = forest.entry[t] !== -1
    const head = forest.head[t]
    found.push({
      traceId: traceIdOf(facts, t),
      outcome: NAMES[outcome],
      attributed: forest.attributed[t] === 1,
      ...(forest.hung[t] === 1 ? { hung: true } : {}),
      entry: isRooted ? entryLabel(facts, t) : '(never ended)',
      phase: PHASE_NAMES[forest.ofPhase[t] - 1],
      at: offsetMs(facts, forest.start[head]),
      durationMs: Math.round((forest.end[head] - forest.start[head]) / 1e3) / 1e3,
      stepIds: stepIdsOf(t),
    })
  }
  return found
}
