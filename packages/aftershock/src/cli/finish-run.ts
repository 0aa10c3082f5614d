import { hostname, platform } from 'node:os'
import { traceViews } from '../analysis/trace-view/trace-view.ts'
import { buildResult, type RunIdentity } from '../engine/build-result.ts'
import { judge } from '../engine/judge.ts'
import { windowsOfOutcome } from '../engine/outcome-windows.ts'
import type { RunFolder } from '../engine/run-folder.ts'
import { chaosToolkitJournal } from '../formats/chaos-toolkit-journal.ts'
import { entriesMeant, evaluateHypothesis, type Hypothesis } from '../formats/hypothesis.ts'
import type { Experiment } from '../model/fault.ts'
import type { TraceFindings } from '../model/findings.ts'
import type { Journey, RunResult, TraceFull, VerdictReason } from '../model/result.ts'
import type { RunOutcome } from '../model/run.ts'
import type { SpanTable } from '../model/span-table.ts'
import { resultJson } from '../report/result-json.ts'
import { explainTraces } from './explain-traces.ts'
import type { LocalRunEnd } from './local-run.ts'
import { writeOutputs } from './outputs.ts'

export type FinishedRun = {
  readonly result: RunResult
  /** Evidence, as the report draws it. */
  readonly traces: readonly TraceFull[]
  readonly reportBytes: number
}

/** Analyses, judges and writes everything of a run that is over. */
export async function finishRun(
  identity: RunIdentity,
  end: LocalRunEnd,
  hypotheses: readonly Hypothesis[],
  experiment: Experiment,
  folder: RunFolder,
  which: 'all' | 'no-report',
  peers: Readonly<Record<string, string>> = {},
): Promise<FinishedRun> {
  const { outcome, table } = end
  const windows = { ...windowsOfOutcome(identity.name, outcome), peers }
  const findings = explainTraces({ table, windows, originNs: outcome.startedNs })
  const reasons = hypotheses.flatMap((one) => reasonsOf(one, findings, outcome))
  const judged = judge(outcome, findings, [...reasons, ...(end.reasons ?? [])])
  const judgement = { ...judged, reasons: [...judged.reasons, ...end.bypass] }
  const result = buildResult(identity, outcome, windows, findings, judgement)
  const traces = evidenceViews(result, table, outcome)
  folder.write('result.json', [...resultJson(result)].join(''))
  const written = await writeOutputs(result, traces, (file, content) => folder.write(file, content), which)
  const journal = chaosToolkitJournal({
    version: identity.version,
    platform: platform(),
    node: hostname(),
    title: identity.name,
    experiment,
    outcome,
    probes: reasons.map((reason) => ({
      text: reason.probe ?? reason.text,
      phase: reason.phase ?? 'chaos',
      ok: reason.ok,
      expected: reason.expected ?? '',
      actual: reason.actual ?? '',
    })),
    traceId: end.traceId,
  })
  folder.write('journal.json', end.journal ?? `${JSON.stringify(journal, null, 1)}\n`)
  return { result, traces, reportBytes: written.reportBytes }
}

/** The evidence traces as the report draws them. */
export function evidenceViews(
  result: RunResult,
  table: SpanTable,
  outcome: Pick<RunOutcome, 'injections' | 'endedNs'>,
): readonly TraceFull[] {
  return traceViews(
    table,
    result.evidence.map((meta) => meta.traceId),
    {
      mechanisms: result.mechanisms,
      faults: outcome.injections.flatMap((one) =>
        one.targets
          .filter((target) => target.role === 'target')
          .map((target) => ({
            label: one.label,
            service: target.service,
            pods: [target.pod],
            startNs: one.startPossibleNs,
            endNs: one.endPossibleNs ?? outcome.endedNs,
          })),
      ),
    },
  )
}

/** One reason for each entry that is meant; a hypothesis that fits no entry does not hold. */
function reasonsOf(
  hypothesis: Hypothesis,
  findings: TraceFindings,
  outcome: RunOutcome,
): readonly VerdictReason[] {
  // Of a run that was stopped before it came to that, nothing is known.
  const isReached = outcome.phases.some(({ name }) => name === hypothesis.phase)
  if (outcome.stoppedBy !== undefined && !isReached) return []
  const { journeys } = findings
  const labels = journeys.map((journey) => journey.label)
  const meant = hypothesis.entry === undefined ? [undefined] : entriesMeant(hypothesis.entry, labels)
  if (meant.length === 0) {
    return [
      {
        ok: false,
        text: `${hypothesis.text}: no such requests`,
        probe: hypothesis.text,
        expected: '',
        actual: 'no such requests',
        phase: hypothesis.phase,
      },
    ]
  }
  return meant.map((label) => {
    const chosen = label === undefined ? journeys : journeys.filter((journey) => journey.label === label)
    const verdict = evaluateHypothesis(hypothesis, measuredOf(chosen, hypothesis, findings, outcome))
    const name = meant.length > 1 ? `${hypothesis.text} (${label})` : hypothesis.text
    return {
      ok: verdict.ok,
      text: `${name}: was ${verdict.actual}`,
      probe: name,
      expected: verdict.expected,
      actual: verdict.actual,
      phase: hypothesis.phase,
    }
  })
}

type Measured = Parameters<typeof evaluateHypothesis>[1]

function measuredOf(
  journeys: readonly Journey[],
  hypothesis: Hypothesis,
  findings: TraceFindings,
  outcome: RunOutcome,
): Measured {
  const phase = hypothesis.phase
  const reds = journeys.map((journey) => journey.phases[phase])
  const times = outcome.phases.find((one) => one.name === phase)
  // Percentiles do not add up: of several entries the worst one speaks for all.
  const worst = (pick: (red: (typeof reds)[number]) => number | null): number | undefined =>
    reds
      .map(pick)
      .reduce<number | undefined>(
        (max, value) => (value === null ? max : Math.max(max ?? 0, value)),
        undefined,
      )
  return {
    requests: reds.reduce((sum, red) => sum + red.n, 0),
    errors: reds.reduce((sum, red) => sum + red.errors, 0),
    p50Ms: worst((red) => red.p50Ok),
    p95Ms: worst((red) => red.p95Ok),
    p99Ms: worst((red) => red.p99Ok),
    durationMs: times === undefined ? undefined : Number(times.endNs - times.startNs) / 1e6,
    recoveredAfterMs: findings.recovery.overallMs ?? undefined,
  }
}
