import type {
  AppliedFault,
  FaultPlan,
  InjectionEvidence,
  Injector,
  Lease,
  Removal,
} from '../faults/injector.ts'
import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'
import type { FaultEffect } from '../model/result.ts'
import type { Injection } from '../model/run.ts'
import type { Clock } from './clock.ts'
import type { Occurrence } from './occurrences.ts'
import type { Recorder } from './ports.ts'

type Drive = {
  readonly clock: Clock
  readonly recorder: Recorder
  readonly injector: Injector
  /** When aborted, the fault is removed at once and no further occurrence begins. */
  readonly end: AbortSignal
  readonly lease: Lease
  readonly onApplied: (applied: AppliedFault) => void
}

/** Applies and removes one fault at each of its occurrences; every step is recorded before it acts. */
export async function driveFault(
  plan: FaultPlan,
  occurrences: readonly Occurrence[],
  drive: Drive,
): Promise<readonly Injection[]> {
  const startNs = drive.clock.nowNs()
  const sinceStartMs = (): number => Number(drive.clock.nowNs() - startNs) / 1e6
  const injections: Injection[] = []
  for (const occurrence of occurrences) {
    await drive.clock.sleep(occurrence.startMs - sinceStartMs(), drive.end)
    if (drive.end.aborted) break
    injections.push(...(await once(plan, () => occurrence.endMs - sinceStartMs(), drive)))
  }
  return injections
}

async function once(plan: FaultPlan, leftMs: () => number, drive: Drive): Promise<readonly Injection[]> {
  const { recorder, clock } = drive
  const fault = plan.fault.id
  recorder.record({
    type: 'fault-applying',
    fault,
    label: plan.label,
    targets: plan.targets.filter((one) => one.role === 'target').map((one) => one.pod),
    how: plan.how,
  })
  const applied = await drive.injector
    .apply(plan, { ...drive.lease, stop: drive.end })
    .catch((error: unknown) => {
      const failure = applyFailure(error)
      recorder.record({ type: 'fault-failed', fault, why: failure.message })
      throw failure
    })
  recorder.record({ type: 'fault-applied', fault, label: plan.label })
  drive.onApplied(applied)
  await clock.sleep(leftMs(), drive.end)
  const evidence = await applied.evidence().catch(() => undefined)
  recorder.record({ type: 'fault-removing', fault })
  const removal = await removed(applied)
  if (removal.removed) recorder.record({ type: 'fault-removed', fault, verifiedBy: removal.verifiedBy })
  else recorder.record({ type: 'fault-stuck', fault, why: removal.problem.why })
  const effect = effectOf(evidence)
  recorder.record({ type: 'effect', fault, seen: effect.seen, eligible: effect.eligible, unit: effect.unit })
  for (const text of notesOf(removal)) recorder.record({ type: 'log', level: 'warn', text })
  const whole: Injection = {
    fault,
    label: plan.label,
    kind: kindOf(plan),
    params: plan.parameters,
    source: { file: plan.fault.where.file, line: plan.fault.where.line ?? 1, format: 'chaos-mesh' },
    targets: applied.plan.targets,
    startPossibleNs: applied.started.possibleNs,
    startCertainNs: applied.started.certainNs,
    endCertainNs: removal.removed ? removal.certainNs : undefined,
    endPossibleNs: removal.removed ? removal.possibleNs : undefined,
    effect,
    ...(evidence === undefined && { uncounted: true }),
    removal: removal.removed
      ? { ok: true, verifiedBy: removal.verifiedBy }
      : { ok: false, problem: [removal.problem.why, removal.problem.fix].filter(Boolean).join('; ') },
  }
  const pieces = removal.removed ? removal.inForce : undefined
  return pieces === undefined ? [whole] : pieces.map((piece) => ({ ...whole, ...piece }))
}

function notesOf(removal: Removal): readonly string[] {
  return removal.removed ? (removal.notes ?? []) : []
}

async function removed(applied: AppliedFault): ReturnType<AppliedFault['remove']> {
  try {
    return await applied.remove()
  } catch (error) {
    const why = errorText(error)
    return { removed: false, problem: { code: 'fault-stuck', what: 'Cannot remove the fault', why } }
  }
}

function kindOf(plan: FaultPlan): string {
  const { spec } = plan.fault
  const action = 'action' in spec && spec.action !== undefined ? spec.action : actionOf(plan)
  return action === undefined ? spec.kind : `${spec.kind}/${action}`
}

function actionOf(plan: FaultPlan): string | undefined {
  const { spec } = plan.fault
  if (spec.kind === 'HTTPChaos' && 'abort' in spec) {
    if (spec.abort) return 'abort'
    if (spec.delayMs !== undefined) return 'delay'
    return spec.replace === undefined ? 'patch' : 'replace'
  }
  if (spec.kind === 'StressChaos' && 'cpu' in spec) return spec.cpu === undefined ? 'memory' : 'cpu'
  return undefined
}

/** From what the proxy or process control counted; the analysis adds what the traces show. */
function effectOf(evidence: InjectionEvidence | undefined): FaultEffect {
  if (evidence === undefined) {
    return {
      confirmed: false,
      seen: 0,
      eligible: 0,
      unit: 'calls',
      why: 'nobody stood where the fault is to count',
    }
  }
  const { seen, eligible, unit } = evidence
  const added = [...evidence.addedMs].sort((a, b) => a - b)
  const counted = `${seen} of ${eligible} ${unit} met the fault`
  return {
    confirmed: seen > 0,
    seen,
    eligible,
    unit,
    ...(added.length > 0 && {
      deltaMs: { p50: quantile(added, 0.5), p95: quantile(added, 0.95), hist: histogram(added) },
    }),
    why: evidence.note === undefined ? counted : `${counted}; ${evidence.note}`,
  }
}

function quantile(sorted: readonly number[], q: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
  return Math.round(value * 100) / 100
}

/** Twelve bars of equal width from 0 to the largest value. */
function histogram(sorted: readonly number[]): readonly (readonly [number, number])[] {
  const top = Math.max(1, sorted.at(-1) ?? 1)
  const bars = Array.from({ length: 12 }, (_, i): [number, number] => [
    Math.round((top * (i + 1) * 10) / 12) / 10,
    0,
  ])
  for (const value of sorted) {
    const bar = bars[Math.min(11, Math.floor((value / top) * 12))]
    if (bar !== undefined) bar[1] += 1
  }
  return bars
}

/** A fault that cannot be applied ends the run as "environment not ready". */
function applyFailure(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  const why = errorText(error)
  return new ProblemError([{ code: 'fault-not-applied', what: 'Cannot apply the fault', why }], 4, error)
}
