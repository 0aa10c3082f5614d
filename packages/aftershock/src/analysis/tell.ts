import type { TraceFindings } from '../model/findings.ts'
import type { Chain, Phase as PhaseReport, RunResult } from '../model/result.ts'
import type { Windows } from '../model/window.ts'
import { PHASE_NAMES, Phase, type Phases } from './assemble/phases.ts'
import { ask, type Inquiry } from './crew.ts'
import type { Examined } from './examine.ts'
import { affectedTraces } from './findings/affected.ts'
import { type Passed, passedOf } from './findings/breakers.ts'
import type { Digest } from './findings/digest.ts'
import { type Facts, offsetMs } from './findings/facts.ts'
import type { Found } from './findings/found.ts'
import { joinedDigest } from './findings/join-digests.ts'
import { withLostMessages } from './findings/lost-messages.ts'
import type { MechanismHits } from './findings/mechanisms.ts'
import { absentDefences, findingsOf, mechanismsOf } from './findings/mechanisms.ts'
import type { RequestClass } from './findings/request-classes.ts'
import { type ShamControl, shamControl, shamCut } from './findings/sham.ts'
import { joinedTallies, type Tallies } from './findings/tallies.ts'
import { joinedRanks, type RanksAsked, type RanksSeen } from './findings/work-tallies.ts'
import { judgement } from './judge.ts'
import { summed } from './numbers/sums.ts'
import { backlogIn } from './tell/backlog.ts'
import { chainsOf } from './tell/chains.ts'
import { edgesTable } from './tell/edges-table.ts'
import { countOf, type Entry, effectOn, entriesOf, impactOf, journeysOf } from './tell/entries.ts'
import { evidenceMetas, evidenceTraces, twinTraces } from './tell/evidence.ts'
import { graphOf } from './tell/graph.ts'
import { headlineOf } from './tell/headline.ts'
import { injectionOf } from './tell/proof.ts'
import { ranksAsked, recoveryOf } from './tell/recovery.ts'
import { seriesOf } from './tell/series.ts'
import { stepPool } from './tell/steps.ts'
import { chanceStep, digestStep, halveStep, passedStep, rankStep, shamStep, showStep } from './tell-steps.ts'

export type Telling = {
  readonly facts: Facts
  readonly entries: readonly Entry[]
  readonly sham: ShamControl | undefined
  readonly findings: Omit<TraceFindings, 'data' | 'quality'> & Pick<RunResult, 'phases'>
}

/**
 * Tells what was found out. From here on nothing is looked at span by span but what the partitions answer.
 *
 * @param sham - whether the control over the baseline is run (see `sham.ts`)
 */
export function* tell(
  { system, judgement: judged, suspects }: Examined,
  windows: Windows,
  phases: Omit<Phases, 'ofTrace'>,
  originNs: number,
  sham: 'run' | 'skip',
): Inquiry<Telling> {
  const { digest, tallies } = yield* digested(judged.targets)
  const facts: Facts = {
    system,
    digest,
    phases,
    tallies,
    targets: judged.targets,
    onsets: judged.onsets,
    neverTaken: judged.neverTaken,
    experiments: windows.experiments,
    originNs,
  }
  const known = entriesOf(facts)
  const hits = mechanismsOf(facts, yield* passedAt(facts))
  const reactions = withLostMessages(
    facts,
    hits.map((h) => h.mechanism),
  )
  const mechanisms = [...reactions, ...absentDefences(facts, hits)]
  const injection = injectionOf(facts)
  const begun = findingsOf(facts, 'error')
  const pool = stepPool(facts, injection, hits, known, begun, yield* chancesOf(hits, begun))
  const chains = chainsOf(facts, pool)
  const entries = asTold(known, chains)
  const told = new Set(chains.flatMap((chain) => chain.steps.map((step) => step.id)))
  const steps = pool.steps.filter((step) => told.has(step.id))
  const stepIdsOf = (request: RequestClass): readonly string[] =>
    pool.stepIdsOf(request).filter((id) => told.has(id))
  const recovery = recoveryOf(facts, entries, hits, yield* ranksOf(ranksAsked(facts, entries)))
  const shown = evidenceTraces(facts, steps, mechanisms)
  const traces = yield* ask(showStep, new Set([...shown, ...twinTraces(facts)]))
  const controlled = sham === 'run' ? yield* control(facts) : undefined
  const { firstMs: _first, failed: _failed, examples: _examples, as: _as, side: _side, ...proof } = injection
  const findings = {
    headline: headlineOf(
      facts,
      windows,
      injection,
      entries,
      recovery,
      suspects,
      backlogIn(facts, hits, recovery),
    ),
    reach: reachOf(entries[0]),
    suspects,
    mechanisms,
    // Long: made when nothing else is in memory any more.
    traces: affectedTraces(facts, stepIdsOf),
    chains,
    chain: chains[0]?.steps ?? [],
    impact: impactOf(entries),
    proof,
    journeys: journeysOf(facts, entries),
    series: seriesOf(facts, entries, mechanisms),
    edges: edgesTable(facts),
    recovery,
    graph: graphOf(facts, steps, mechanisms),
    evidence: evidenceMetas(facts, shown, new Map(traces.flatMap((s) => [...s])), stepIdsOf),
    phases: phaseReports(facts),
  }
  return { facts, entries, findings, sham: controlled }
}

function* digested(targets: ReadonlySet<number>): Inquiry<{ digest: Digest; tallies: Tallies }> {
  const seen = yield* ask(digestStep, targets)
  return {
    digest: joinedDigest(seen.map((s) => s.digest)),
    tallies: joinedTallies(seen.map((s) => s.tallies)),
  }
}

/** Good calls of the instances that rejected some, which tell when their breakers closed. */
function* passedAt(facts: Facts): Inquiry<Passed> {
  const rejecting = findingsOf(facts, 'circuit-breaker').map(({ callee, rejected, rejectedOf, letIn }) => ({
    ...{ callee, rejected, rejectedOf, letIn },
  }))
  return rejecting.length === 0 ? new Map() : passedOf(yield* ask(passedStep, rejecting))
}

function* chancesOf(
  hits: readonly MechanismHits[],
  begun: readonly Found[],
): Inquiry<ReadonlyMap<Found, number>> {
  const all = [
    ...hits.map(({ mechanism, found }) => ({ kind: mechanism.kind, found })),
    ...begun.map((found) => ({ kind: 'error' as const, found })),
  ]
  if (all.length === 0) return new Map()
  const met = all.map(({ kind, found: { caller, callee, lastNs } }) => ({
    kind,
    caller,
    callee,
    untilNs: lastNs,
  }))
  const counts = summed(yield* ask(chanceStep, met))
  return new Map(all.map(({ found }, i) => [found, counts[i]]))
}

function* ranksOf(asked: RanksAsked): Inquiry<RanksSeen> {
  return asked.services.size + asked.asked.size === 0
    ? { services: new Map(), asked: new Map() }
    : joinedRanks(yield* ask(rankStep, asked))
}

function* control(facts: Facts): Inquiry<ShamControl | undefined> {
  const cut = shamCut(facts)
  if (cut === undefined) return undefined
  yield* ask(halveStep, cut)
  const chaos = [{ from: cut.middle.firstNs, to: cut.last.firstNs }]
  const lengthNs = [0, cut.halfNs, cut.halfNs, 0]
  yield* judgement(facts.system, { chaos, recovery: [], lengthNs }, () => facts.targets)
  return shamControl(yield* ask(shamStep, undefined))
}

/** First the entry of the first chain: headline, reach and what is shown first then speak of the same users. */
function asTold(entries: readonly Entry[], chains: readonly Chain[]): readonly Entry[] {
  const last = chains[0]?.steps.at(-1)
  const isFirst = ({ entry }: Entry): boolean =>
    last?.id === `user:failed:${entry}` || last?.id === `user:slow:${entry}`
  return [...entries.filter(isFirst), ...entries.filter((entry) => !isFirst(entry))]
}

/** The worst-hit entry's users, in words that say which count it is. */
function reachOf(worst: Entry | undefined): RunResult['run']['reach'] {
  const chaos = worst?.phases[Phase.chaos] ?? []
  if (worst === undefined || chaos.length === 0) return null
  const { hit, main } = effectOn(chaos)
  const unit = `${worst.label} requests`
  return { hit, total: countOf(chaos), unit: main === 'slow' ? `${unit}, slow` : unit }
}

function phaseReports(facts: Facts): readonly PhaseReport[] {
  const { phases } = facts
  const requests = [0, 0, 0, 0]
  for (const { phase, n } of facts.digest.classes) requests[phase] += n
  return PHASE_NAMES.flatMap((name, i) => {
    const spans = phases[name]
    if (spans.length === 0) return []
    const from = offsetMs(facts, Math.min(...spans.map((s) => s.from)))
    const to = offsetMs(facts, Math.max(...spans.map((s) => s.to)))
    return [{ name, from, to, requests: requests[i + 1] }]
  })
}
