import { countText } from '../packages/aftershock/src/model/numbers.ts'
import type { Mechanism, RunResult, Step } from '../packages/aftershock/src/model/result.ts'

/** Numbers of a result that are told twice and differ; none is as it should be. */
export function disagreements(result: RunResult): readonly string[] {
  return [
    ...ofImpact(result),
    ...ofReach(result),
    ...ofChains(result),
    ...result.mechanisms.flatMap((m) => ofMechanism(result, m)),
    ...ofSeries(result),
    ...ofEvidence(result),
    ...ofProof(result),
  ]
}

function differ(what: string, a: unknown, b: unknown): readonly string[] {
  return JSON.stringify(a) === JSON.stringify(b)
    ? []
    : [`${what}: ${JSON.stringify(a)}, ${JSON.stringify(b)}`]
}

function more(what: string, part: number, whole: number): readonly string[] {
  return part <= whole ? [] : [`${what}: ${part} of ${whole}`]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Requests that were hit, and each of them in the list of traces, and the journeys. */
function ofImpact({ impact, traces, journeys }: RunResult): readonly string[] {
  return impact.flatMap((one) => {
    const name = `${one.entry} in ${one.phase}`
    const listed = traces.filter((t) => t.entry === one.entry && t.phase === one.phase)
    const count = (outcome: string): number => listed.filter((t) => t.outcome === outcome).length
    const red = journeys.find((journey) => journey.entry === one.entry)?.phases[one.phase]
    return [
      ...differ(`${name}: hit`, one.failed + one.slow, one.attributed + one.background),
      ...differ(
        `${name}: attributed`,
        one.attributed,
        (one.attributedFailed ?? 0) + (one.attributedSlow ?? 0),
      ),
      ...differ(`${name}: of the journey`, [red?.n, red?.errors], [one.requests, one.failed]),
      ...(one.phase === 'baseline'
        ? []
        : [
            ...differ(`${name}: listed`, [count('failed'), count('slow')], [one.failed, one.slow]),
            ...differ(
              `${name}: listed as attributed`,
              listed.filter((t) => t.attributed && t.outcome !== 'absorbed').length,
              one.attributed,
            ),
          ]),
    ]
  })
}

/** The headline, the reach and what stands first in lists speak of the same users. */
function ofReach({ run, journeys, chain, series }: RunResult): readonly string[] {
  if (run.reach === null || run.reach.hit === 0) return []
  const { hit, total } = run.reach
  const [first] = journeys
  const last = chain.at(-1)
  const said = `${countText(hit)} of ${countText(total)}`
  return [
    ...differ('reach of the first journey', [first?.reach.hit, first?.reach.total], [hit, total]),
    ...differ('the first series is of the first journey', series[0]?.journey, first?.id),
    ...(run.headline.includes(said) ? [] : [`the headline does not say ${said}: ${run.headline}`]),
    ...(last === undefined || last.where.op === first?.label
      ? []
      : [`the chain ends with ${last.where.op}, the headline speaks of ${first?.label}`]),
    ...(last?.id.startsWith('user:failed') === true && !run.reach.unit.endsWith(', slow')
      ? differ('reach of the last step', [last.count, last.of], [hit, total])
      : []),
    ...ofWords(run.headline, run.reach.unit.endsWith(', slow') ? 'slow' : 'failed', last),
    ...run.faults
      .filter((label) => !run.headline.includes(label))
      .map((label) => `the headline does not name ${label}`),
  ]
}

/** What users saw, in the headline and in the last step. */
function ofWords(headline: string, main: 'slow' | 'failed', last: Step | undefined): readonly string[] {
  if (last?.id.startsWith(`user:${main}`) !== true) return []
  const said = last.text.replace(/^users (waited|got) /, '')
  return headline.includes(said) ? [] : [`${last.text}, and the headline: ${headline}`]
}

function ofChains({ chains, chain, traces, mechanisms }: RunResult): readonly string[] {
  const attributed = traces.filter((t) => t.attributed).length
  return [
    ...differ('the chain', chain, chains[0]?.steps ?? []),
    ...more('requests of all chains', sum(chains.map(({ count }) => count)), attributed),
    ...chains.flatMap(({ steps, count, share }) => [
      ...more('share of a chain', Math.abs(share - count / attributed), 0.0001),
      ...differ(
        'numbers of steps',
        steps.map(({ n }) => n),
        steps.map((_, i) => i + 1),
      ),
      ...steps.flatMap((step) => {
        const m = mechanisms.find(({ id }) => id === step.id)
        return [
          ...more(`count of ${step.id}`, step.count, step.of),
          ...(m === undefined ? [] : differ(`count of ${m.id}`, step.count, m.count)),
          ...(m?.openings === undefined ? [] : differ(`first of ${m.id}`, step.at, m.openings[0]?.openedAt)),
        ]
      }),
    ]),
  ]
}

function ofMechanism({ edges }: RunResult, m: Mechanism): readonly string[] {
  const rows = edges.filter((edge) => edge.from === m.caller && edge.to === m.callee)
  const both = (what: 'retries' | 'errors'): number =>
    sum(rows.flatMap(({ phases }) => [phases.chaos[what], phases.recovery[what]]))
  const { extraAttempts = 0, backgroundAttempts = 0, rescued = 0, maxAttempts = 2 } = m
  const { loadX = 1, amplificationX = loadX, limits = [], openings = [], sideEffects = 0 } = m
  return [
    ...more(`rescued, ${m.id}`, rescued, m.count),
    ...more(`load, ${m.id}`, loadX, amplificationX),
    ...more(`waits, ${m.id}`, sum(limits.map(({ count }) => count)), m.count),
    ...more(`openings, ${m.id}`, openings.length, m.count),
    ...more(`writes, ${m.id}`, sideEffects, m.count),
    ...openings.flatMap(({ openedAt, closedAt }) => more(`opening, ${m.id}`, openedAt, closedAt ?? openedAt)),
    ...(m.kind === 'retry'
      ? [
          ...differ(`extra attempts, ${m.id}`, extraAttempts + backgroundAttempts, both('retries')),
          ...more(`extra attempts, ${m.id}`, extraAttempts, m.count * (maxAttempts - 1)),
        ]
      : []),
    ...(m.kind === 'timeout' ? more(`failed calls, ${m.id}`, m.count, both('errors')) : []),
  ]
}

function ofSeries({ series, journeys, mechanisms }: RunResult): readonly string[] {
  const openings = sum(mechanisms.map((m) => m.openings?.length ?? 0))
  return series.flatMap((one) => {
    const phases = Object.values(journeys.find(({ id }) => id === one.journey)?.phases ?? {})
    return [
      ...differ(`requests of ${one.id}`, sum(one.n), sum(phases.map(({ n }) => n))),
      ...differ(`errors of ${one.id}`, sum(one.errors), sum(phases.map(({ errors }) => errors))),
      ...differ(`marks of ${one.id}`, one.marks.length, openings),
    ]
  })
}

function ofEvidence({ evidence, traces }: RunResult): readonly string[] {
  const listed = new Map(traces.map((trace) => [trace.traceId, trace]))
  return evidence.flatMap((shown) => {
    const trace = listed.get(shown.traceId)
    if (trace === undefined) return []
    return [
      ...differ(`time of ${shown.traceId}`, [shown.at, shown.durMs], [trace.at, trace.durationMs]),
      ...differ(`steps of ${shown.traceId}`, shown.stepIds.toSorted(), trace.stepIds.toSorted()),
    ]
  })
}

function ofProof({ chain, proof, graph, edges }: RunResult): readonly string[] {
  const [first] = chain
  const failedBy = graph.edges.flatMap((line) => {
    const rows = edges.filter((edge) => edge.from === line.from && edge.to === line.to)
    const calls = sum(rows.map(({ phases }) => phases.chaos.n))
    const share = /^([\d.]+) % failed$/.exec(line.label)?.[1]
    if (share === undefined || calls === 0) return []
    const all = sum(rows.map(({ phases }) => phases.chaos.errors))
    return more(`failed on ${line.id}`, Number(share), (100 * all) / calls + 0.5)
  })
  return [
    ...(first?.kind === 'inject'
      ? [
          ...differ('proof', [first.count, first.of], [proof.seen, proof.eligible]),
          ...chain.flatMap((step) =>
            more(`the fault's first time, and that of ${step.id}`, first.at, step.at),
          ),
        ]
      : []),
    ...failedBy,
  ]
}
