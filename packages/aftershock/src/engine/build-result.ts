import { windowsJson } from '../formats/window-file.ts'
import type { TraceFindings } from '../model/findings.ts'
import type { FaultReport, JournalLine, Phase, Proof, RunResult } from '../model/result.ts'
import { RESULT_SCHEMA } from '../model/result.ts'
import type { Injection, RunOutcome, TimedRunEvent } from '../model/run.ts'
import type { Windows } from '../model/window.ts'
import { isoOf } from './clock.ts'
import type { Judgement } from './judge.ts'

export type RunIdentity = {
  readonly id: string
  readonly name: string
  readonly target: string
  readonly seed: number
  readonly command: string
  readonly version: string
  readonly node: string
  readonly timezone: string
  readonly git: RunResult['run']['git'] | undefined
}

/** The one function that makes `result.json`; every output is drawn from what it returns. */
export function buildResult(
  identity: RunIdentity,
  outcome: RunOutcome,
  windows: Windows,
  findings: TraceFindings,
  judgement: Judgement,
): RunResult {
  const offset = (ns: bigint): number => Math.round(Number(ns - outcome.startedNs) / 1e4) / 100
  const told = windowsJson(windows)
  return {
    schema: RESULT_SCHEMA,
    generator: { version: identity.version, node: identity.node },
    run: {
      id: identity.id,
      name: identity.name,
      experimentId: identity.name,
      startedAt: isoOf(outcome.startedNs),
      durationMs: durationMs(outcome),
      verdict: judgement.verdict,
      headline: headlineOf(outcome, judgement, findings.headline),
      target: identity.target,
      faults: [...new Set(outcome.injections.map((one) => one.label))],
      reach: findings.reach,
      recoveryMs: findings.recovery.overallMs,
      exitCode: judgement.exitCode,
      ...(identity.git !== undefined && { git: identity.git }),
      tags: [],
      seed: identity.seed,
      command: identity.command,
      timezone: identity.timezone,
    },
    experiment: told.experiment ?? null,
    experiments: told.experiments,
    windows: told.windows,
    ...(told.peers !== undefined && { peers: told.peers }),
    verdictReasons: judgement.reasons,
    phases: phasesOf(outcome, findings, offset),
    faults: outcome.injections.map((one, i) => faultReport(one, i, offset)),
    journeys: findings.journeys,
    series: findings.series,
    graph: findings.graph,
    chain: findings.chain,
    chains: findings.chains,
    mechanisms: findings.mechanisms,
    suspects: findings.suspects,
    traces: findings.traces,
    impact: findings.impact,
    edges: findings.edges,
    recovery: findings.recovery,
    evidence: findings.evidence,
    quality: findings.quality,
    data: findings.data,
    // Of somebody else's fault the traces alone tell whether it is gone.
    proof: identity.target === 'traces' ? findings.proof : mergedProof(findings.proof, outcome.injections),
    journal: outcome.events.flatMap((event) => journalLine(event, outcome.startedNs)),
  }
}

/** From the baseline on; of a run that was stopped before that, from when it was asked for. */
function durationMs({ startedNs, endedNs, phases, events }: RunOutcome): number {
  const askedMs = phases.length === 0 ? Date.parse(events[0]?.at ?? '') : Number.NaN
  const ms = Number.isNaN(askedMs) ? Number(endedNs - startedNs) / 1e6 : Number(endedNs) / 1e6 - askedMs
  return Math.round(ms * 100) / 100
}

function headlineOf(outcome: RunOutcome, judgement: Judgement, sentence: string): string {
  const [first] = judgement.reasons
  if (judgement.verdict === 'inconclusive' && first !== undefined) {
    const label = outcome.injections[0]?.label
    const failed = judgement.reasons.find((reason) => !reason.ok)
    const why = (failed ?? first).text.replace(/^fault took effect: (no proof that it did: )?/, '')
    return label === undefined || why.includes(label) ? why : `${label}: ${why}`
  }
  if (judgement.verdict === 'stopped' && first !== undefined)
    return outcome.injections.length === 0
      ? `${upperFirst(first.text)} before the fault began.`
      : `${first.text}. ${sentence}`
  return sentence
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function phasesOf(
  outcome: RunOutcome,
  findings: TraceFindings,
  offset: (ns: bigint) => number,
): readonly Phase[] {
  return outcome.phases.map((phase) => ({
    name: phase.name,
    from: offset(phase.startNs),
    to: offset(phase.endNs),
    requests: findings.journeys.reduce((sum, journey) => sum + journey.phases[phase.name].n, 0),
  }))
}

function faultReport(injection: Injection, index: number, offset: (ns: bigint) => number): FaultReport {
  const target = injection.targets.filter((one) => one.role === 'target').map((one) => one.pod)
  return {
    id: `f${index + 1}`,
    kind: injection.kind,
    target: [...new Set(target)].join(', '),
    label: injection.label,
    from: offset(injection.startCertainNs),
    to:
      injection.endCertainNs === undefined
        ? offset(injection.startCertainNs)
        : offset(injection.endCertainNs),
    params: injection.params,
    source: injection.source,
    effect: injection.effect,
    removed:
      injection.removal.ok && injection.endPossibleNs !== undefined
        ? { at: offset(injection.endPossibleNs), verifiedBy: injection.removal.verifiedBy }
        : {
            at: null,
            problem: injection.removal.ok ? 'the end was not recorded' : injection.removal.problem,
          },
  }
}

/** What the injector counted wins over what the traces show: it stood where the fault was. */
function mergedProof(fromTraces: Proof, injections: readonly Injection[]): Proof {
  const counted = injections.filter((one) => one.uncounted !== true)
  const gone = injections.length === 0 ? null : injections.every((one) => one.removal.ok)
  const goneWhy = injections
    .map((one) => (one.removal.ok ? `verified by ${one.removal.verifiedBy}` : one.removal.problem))
    .filter((text, i, all) => all.indexOf(text) === i)
    .join('; ')
  if (injections.length === 0)
    return { ...fromTraces, tookEffect: false, why: 'It was never applied.', gone, goneWhy }
  if (counted.length === 0) return { ...fromTraces, gone, goneWhy }
  const sum = (pick: (one: Injection) => number): number =>
    counted.reduce((total, one) => total + pick(one), 0)
  const [main] = [...counted].sort((a, b) => b.effect.seen - a.effect.seen)
  return {
    tookEffect: injections.every(
      (one) => one.effect.confirmed || (one.uncounted === true && fromTraces.tookEffect),
    ),
    seen: sum((one) => one.effect.seen),
    eligible: sum((one) => one.effect.eligible),
    unit: main?.effect.unit ?? 'calls',
    deltaMs: main?.effect.deltaMs?.p50 ?? fromTraces.deltaMs,
    why: [...new Set(counted.map((one) => `${one.label}: ${one.effect.why}`))].join('; '),
    gone,
    goneWhy,
  }
}

function journalLine(event: TimedRunEvent, startedNs: bigint): readonly JournalLine[] {
  const at = Math.round(Date.parse(event.at) - Number(startedNs / 1_000_000n))
  const line = (
    kind: JournalLine['kind'],
    text: string,
    level: JournalLine['level'] = 'info',
  ): readonly JournalLine[] => [{ at, kind, text, level }]
  switch (event.type) {
    case 'phase':
      return line('phase', event.phase)
    case 'fault-applying':
      return line('fault', `applying ${event.label}: ${event.how.join('; ')}`)
    case 'fault-applied':
      return line('fault', `${event.label} is in force`)
    case 'fault-failed':
      return line('fault', `${event.fault} could not be applied: ${event.why}`, 'error')
    case 'fault-removing':
      return line('rollback', `removing ${event.fault}`)
    case 'fault-removed':
      return line('rollback', `${event.fault} removed, verified by ${event.verifiedBy}`)
    case 'fault-stuck':
      return line('rollback', `${event.fault} may still be active: ${event.why}`, 'error')
    case 'effect':
      return line('probe', `${event.fault}: met by ${event.seen} of ${event.eligible} ${event.unit}`)
    case 'guard':
      return line('guard', `${event.text}: ${event.value}`, event.tripped ? 'warn' : 'info')
    case 'interrupted':
      return line('log', `interrupted by ${event.signal}`, 'warn')
    case 'log':
      return line('log', event.text, event.level)
    default:
      return []
  }
}
