import type { TraceFindings } from '../model/findings.ts'
import type { Phase as PhaseReport, RunResult, Suspect } from '../model/result.ts'
import type { SpanTable } from '../model/span-table.ts'
import type { Windows } from '../model/window.ts'
import { affectedTraces } from './affected.ts'
import { chainsOf } from './chains.ts'
import { inquire } from './crew.ts'
import { edgesTable } from './edges-table.ts'
import { type EntryTraces, effectOn, entriesOf, impactOf, journeysOf } from './entries.ts'
import { evidenceTraces } from './evidence.ts'
import { examine } from './examine.ts'
import { type Facts, offsetMs } from './facts.ts'
import { graphOf } from './graph.ts'
import { headlineOf } from './headline.ts'
import type { Told } from './judge-steps.ts'
import { absentDefences, mechanismsOf } from './mechanisms.ts'
import { PHASE_NAMES, Phase, phaseSpans } from './phases.ts'
import { injectionOf } from './proof.ts'
import { dataFacts, qualityNotes } from './quality.ts'
import { recoveryOf } from './recovery.ts'
import { seriesOf } from './series.ts'
import { shamControl } from './sham.ts'
import { stepPool } from './steps.ts'

export type AnalyseInput = {
  readonly table: SpanTable
  readonly windows: Windows
  /** The run's start, ns since the Unix epoch: times in findings count from it. Default: the first window's start. */
  readonly originNs?: bigint
  readonly options?: {
    /** `skip` the control over the baseline (see `sham.ts`); default `run`. */
    readonly sham?: 'run' | 'skip'
    readonly now?: () => number
    /** `127.0.0.1:21007` → `payment-db`: names for peers that spans know by their address alone. */
    readonly peers?: Readonly<Record<string, string>>
  }
}

/** Every field of `result.json` that traces can give (design.md 5.5). Graph and lines have no places yet. */
export type Findings = TraceFindings &
  Pick<RunResult, 'phases'> & {
    /** ms by step of the analysis. */
    readonly stages: Readonly<Record<string, number>>
  }

/** Explains what a fault did, from spans and windows alone. Pure: the same input gives the same findings. */
export function analyse(input: AnalyseInput): Findings {
  const now = input.options?.now ?? ((): number => performance.now())
  const from = now()
  const { table, windows } = input
  const originNs = Number((input.originNs ?? firstStart(windows, table.epochNs)) - table.epochNs)
  const { lengthNs } = phaseSpans(windows, table.epochNs)
  const { result: examined, after } = inquire(examine(windows, lengthNs, input.options?.peers ?? {}, now), [
    { table, rows: undefined },
  ])
  const { suspects, offsets, stages } = examined
  const facts: Facts = {
    ...(after[0] as Told),
    targets: examined.judgement.targets,
    experiments: windows.experiments,
    originNs,
  }
  const told = tell(facts, suspects, windows, input.options?.sham ?? 'run')
  const analysisMs = now() - from
  const data = dataFacts(facts, offsets, analysisMs)
  const { sham, entries, ...rest } = told
  return {
    ...rest,
    data,
    quality: qualityNotes(facts, data, entries, sham),
    stages: { ...stages, telling: analysisMs - Object.values(stages).reduce((a, b) => a + b, 0) },
  }
}

function tell(facts: Facts, suspects: readonly Suspect[], windows: Windows, sham: 'run' | 'skip') {
  const entries = entriesOf(facts)
  const hits = mechanismsOf(facts)
  const mechanisms = [...hits.map((h) => h.mechanism), ...absentDefences(facts, hits)]
  const injection = injectionOf(facts)
  const pool = stepPool(facts, injection, hits, entries)
  const chains = chainsOf(facts, pool)
  const told = new Set(chains.flatMap((chain) => chain.steps.map((step) => step.id)))
  const steps = pool.steps.filter((step) => told.has(step.id))
  const stepIdsOf = (trace: number): readonly string[] => pool.stepIdsOf(trace).filter((id) => told.has(id))
  const recovery = recoveryOf(facts, entries, hits)
  const journeys = journeysOf(facts, entries)
  const { firstMs: _first, met: _met, as: _as, side: _side, ...proof } = injection
  return {
    entries,
    sham: sham === 'run' ? shamControl(facts) : undefined,
    headline: headlineOf(facts, windows, injection, entries, recovery, suspects),
    reach: reachOf(facts, entries[0]),
    suspects,
    mechanisms,
    traces: affectedTraces(facts, stepIdsOf),
    chains,
    chain: chains[0]?.steps ?? [],
    impact: impactOf(facts, entries),
    proof,
    journeys,
    series: seriesOf(facts, entries, mechanisms),
    edges: edgesTable(facts),
    recovery,
    graph: graphOf(facts, steps),
    evidence: evidenceTraces(facts, steps, mechanisms, stepIdsOf),
    phases: phaseReports(facts),
  }
}

/** The worst-hit entry's users, in words that say which count it is. */
function reachOf(facts: Facts, worst: EntryTraces | undefined): RunResult['run']['reach'] {
  const chaos = worst?.traces[Phase.chaos] ?? []
  if (worst === undefined || chaos.length === 0) return null
  const { hit, main } = effectOn(facts, chaos)
  const unit = `${worst.label} requests`
  return { hit, total: chaos.length, unit: main === 'slow' ? `${unit}, slow` : unit }
}

function phaseReports(facts: Facts): readonly PhaseReport[] {
  const { phases } = facts
  const requests = [0, 0, 0, 0]
  for (const phase of phases.ofTrace) requests[phase] += 1
  return PHASE_NAMES.flatMap((name, i) => {
    const spans = phases[name]
    if (spans.length === 0) return []
    const from = offsetMs(facts, Math.min(...spans.map((s) => s.from)))
    const to = offsetMs(facts, Math.max(...spans.map((s) => s.to)))
    return [{ name, from, to, requests: requests[i + 1] }]
  })
}

function firstStart(windows: Windows, epochNs: bigint): bigint {
  const starts = [...windows.baseline, ...windows.chaos, ...windows.recovery].map((i) => i.startNs)
  return starts.sort((a, b) => (a < b ? -1 : 1))[0] ?? epochNs
}
