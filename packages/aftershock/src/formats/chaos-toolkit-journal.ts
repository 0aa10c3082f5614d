import type { Experiment } from '../model/fault.ts'
import type { Injection, RunOutcome } from '../model/run.ts'
import type { PhaseName } from '../model/window.ts'

/** A hypothesis with its answer, as the journal tells it. */
export type JournalProbe = {
  readonly text: string
  readonly phase: PhaseName
  readonly ok: boolean
  readonly expected: string
  readonly actual: string
}

export type JournalInput = {
  /** For example `0.1.0`. */
  readonly version: string
  readonly platform: string
  /** The machine's name. */
  readonly node: string
  readonly title: string
  readonly experiment: Experiment | undefined
  readonly outcome: RunOutcome
  readonly probes: readonly JournalProbe[]
  /** The run's own trace. */
  readonly traceId?: string | undefined
}

/**
 * A run as the Chaos Toolkit's journal.json: an injection is an action of the method, its removal a rollback,
 * a hypothesis a probe (baseline = before, chaos = during, recovery = after). Own facts stand in keys of their
 * own (`trace_id`, `aftershock`), which other readers pass over.
 *
 * @see https://chaostoolkit.org/reference/api/journal/
 */
export function chaosToolkitJournal(input: JournalInput): Readonly<Record<string, unknown>> {
  const { outcome, probes } = input
  const injections = outcome.injections
  const state = (phase: PhaseName) => steadyState(probes, phase, outcome)
  const during = state('chaos')
  return {
    'chaoslib-version': `aftershock ${input.version}`,
    platform: input.platform,
    node: input.node,
    experiment: experimentOf(input),
    start: isoTime(outcome.startedNs),
    status: statusOf(outcome),
    deviated: probes.some((probe) => probe.phase !== 'baseline' && !probe.ok),
    steady_states: {
      before: state('baseline'),
      after: state('recovery'),
      during: during === null ? [] : [during],
    },
    run: injections.map((injection) => injectionRecord(injection, outcome)),
    rollbacks: injections.map((injection) => removalRecord(injection, outcome)),
    end: isoTime(outcome.endedNs),
    duration: seconds(outcome.startedNs, outcome.endedNs),
    ...(input.traceId !== undefined && { trace_id: input.traceId }),
    aftershock: {
      phases: outcome.phases.map((phase) => ({
        name: phase.name,
        start: isoTime(phase.startNs),
        end: isoTime(phase.endNs),
      })),
      stopped_by: outcome.stoppedBy ?? null,
    },
  }
}

function experimentOf({ title, experiment, outcome, probes }: JournalInput) {
  return {
    title,
    description: experiment === undefined ? title : `${experiment.file} (${experiment.format})`,
    ...(probes.length > 0 && {
      'steady-state-hypothesis': { title: 'What stays true for users', probes: probes.map(probeActivity) },
    }),
    method: outcome.injections.map(injectionActivity),
    rollbacks: outcome.injections.map(removalActivity),
  }
}

function probeActivity(probe: JournalProbe) {
  const provider = { type: 'aftershock', measure: probe.text, phase: probe.phase }
  return { type: 'probe', name: probe.text, tolerance: probe.expected, provider }
}

function injectionActivity({ label, kind, params, source, targets }: Injection) {
  const hit = targets.filter((target) => target.role === 'target')
  const pods = hit.map((target) => `${target.namespace}/${target.pod}`)
  return {
    type: 'action',
    name: label,
    provider: { type: 'aftershock', kind, arguments: params, targets: pods, source },
  }
}

function removalActivity({ label, fault }: Injection) {
  return { type: 'action', name: `remove ${label}`, provider: { type: 'aftershock', fault } }
}

function injectionRecord(injection: Injection, outcome: RunOutcome) {
  const { confirmed, seen, eligible, unit, why } = injection.effect
  const end = injection.endCertainNs ?? outcome.endedNs
  return {
    activity: injectionActivity(injection),
    output: { confirmed, seen, eligible, unit, why },
    ...timed(injection.startPossibleNs, end, 'succeeded'),
  }
}

function removalRecord(injection: Injection, outcome: RunOutcome) {
  const { removal } = injection
  const start = injection.endCertainNs ?? outcome.endedNs
  const end = injection.endPossibleNs ?? outcome.endedNs
  return {
    activity: removalActivity(injection),
    output: removal.ok ? removal.verifiedBy : null,
    ...timed(start, end, removal.ok ? 'succeeded' : 'failed'),
    ...(!removal.ok && { exception: [`${removal.problem}\n`] }),
  }
}

function steadyState(probes: readonly JournalProbe[], phase: PhaseName, outcome: RunOutcome) {
  const own = probes.filter((probe) => probe.phase === phase)
  if (own.length === 0) return null
  const times = outcome.phases.find((one) => one.name === phase)
  return {
    steady_state_met: own.every((probe) => probe.ok),
    probes: own.map((probe) => ({
      activity: probeActivity(probe),
      output: probe.actual,
      ...timed(times?.startNs ?? outcome.startedNs, times?.endNs ?? outcome.endedNs, 'succeeded'),
      tolerance_met: probe.ok,
    })),
  }
}

function statusOf(outcome: RunOutcome): 'completed' | 'interrupted' | 'failed' {
  if (outcome.stoppedBy !== undefined) return 'interrupted'
  return outcome.injections.some((injection) => !injection.removal.ok) ? 'failed' : 'completed'
}

function timed(startNs: bigint, endNs: bigint, status: 'succeeded' | 'failed') {
  return { start: isoTime(startNs), status, end: isoTime(endNs), duration: seconds(startNs, endNs) }
}

function seconds(startNs: bigint, endNs: bigint): number {
  return Number((endNs - startNs) / 1000n) / 1e6
}

/** Python's `isoformat()`: microseconds, left out when they are 0, and the offset. */
function isoTime(ns: bigint): string {
  const micros = ns / 1000n
  const base = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, 19)
  const fraction = micros % 1_000_000n
  return `${base}${fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`}+00:00`
}
