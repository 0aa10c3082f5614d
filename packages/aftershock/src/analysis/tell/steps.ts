import type { Mechanism, Step, StepKind } from '../../model/result.ts'
import { edgeKey } from '../assemble/edge-key.ts'
import { Phase } from '../assemble/phases.ts'
import { findKey, MET } from '../findings/digest.ts'
import { evidenceOf } from '../findings/examples.ts'
import { type Facts, nameOf, offsetMs } from '../findings/facts.ts'
import type { Found } from '../findings/found.ts'
import type { MechanismHits } from '../findings/mechanisms.ts'
import type { RequestClass } from '../findings/request-classes.ts'
import { Outcome } from '../judge/outcomes.ts'
import type { Entry } from './entries.ts'
import { hopsFrom } from './hops.ts'
import { injectDetail, injectText } from './inject-text.ts'
import type { Injection } from './proof.ts'
import { mechanismText } from './step-text.ts'
import { userStep } from './user-step.ts'

/** All steps of the run, in order of cause; and which of them a request shows. */
export type StepPool = {
  readonly steps: readonly Step[]
  stepIdsOf(request: RequestClass): readonly string[]
}

/** On one edge, reactions follow each other in this order. */
const ORDER: readonly StepKind[] = [
  'inject',
  'slow',
  'error',
  'timeout',
  'pool',
  'shed',
  'retry',
  'hedge',
  'breaker',
  'fallback',
  // Nothing follows from it, so it is told when the way to the users is.
  'duplicate-work',
  'user',
]

type Draft = { readonly step: Step; readonly requests: ReadonlySet<RequestClass>; readonly hops: number }

export function stepPool(
  facts: Facts,
  injection: Injection,
  hits: readonly MechanismHits[],
  entries: readonly Entry[],
  begun: readonly Found[],
  chances: ReadonlyMap<Found, number>,
): StepPool {
  if (facts.targets.size === 0 || injection.seen === 0) return { steps: [], stepIdsOf: () => [] }
  const hops = hopsFrom(facts)
  const reactions: Draft[] = [
    ...begun.map((found) => errorDraft(facts, found, hops, chances.get(found) ?? 0)),
    ...hits.map(({ mechanism, found }) =>
      mechanismDraft(facts, mechanism, found, hops, chances.get(found) ?? 0),
    ),
  ]
  // A reaction shows that the fault was there, too: a call cut off may be all that was seen of it at first.
  const inject = injectDraft(facts, injection)
  const at = Math.min(inject.step.at, ...reactions.map(({ step }) => step.at))
  const drafts: Draft[] = [{ ...inject, step: { ...inject.step, at } }, ...reactions]
  const isLate = (d: Draft): number => (d.step.kind === 'duplicate-work' ? 1 : 0)
  drafts.sort(
    (a, b) =>
      isLate(a) - isLate(b) ||
      a.hops - b.hops ||
      ORDER.indexOf(a.step.kind) - ORDER.indexOf(b.step.kind) ||
      a.step.at - b.step.at,
  )
  const reacting = new Set(hits.map(({ found }) => found.caller))
  drafts.push(...userDrafts(facts, entries, reacting))
  const steps = drafts.map((draft, i) => ({ ...draft.step, n: i + 1, causes: causesOf(drafts, i) }))
  const shownIn = new Map(
    facts.digest.classes.map((one) => [
      one,
      drafts.filter(({ requests }) => requests.has(one)).map(({ step }) => step.id),
    ]),
  )
  return { steps, stepIdsOf: (request) => shownIn.get(request) ?? [] }
}

/** Requests in which it happened because of the fault. */
function requestsWith({ digest }: Facts, key: string): ReadonlySet<RequestClass> {
  return new Set(digest.classes.filter(({ shows }) => shows.includes(key)))
}

function requestsOf(facts: Facts, { kind, caller, callee }: Found): ReadonlySet<RequestClass> {
  return requestsWith(facts, findKey(kind, edgeKey(caller, callee)))
}

function injectDraft(facts: Facts, injection: Injection): Draft {
  const service = [...facts.targets].map((t) => nameOf(facts, t)).join(', ')
  const text = injectText(facts, injection)
  return {
    hops: -1,
    requests: requestsWith(facts, MET),
    step: {
      id: 'inject',
      n: 1,
      at: injection.firstMs ?? 0,
      where: { service },
      kind: 'inject',
      text,
      detail: injectDetail(injection),
      grade: 'observed',
      rule: {
        id: 'inject.differs-from-baseline',
        text: 'Calls to the target took longer than nearly all of the baseline, or failed as the baseline did not.',
      },
      count: injection.seen,
      of: injection.eligible,
      unit: injection.unit,
      causes: [],
      evidence: evidenceOf(injection.examples),
    },
  }
}

const STEP_KINDS: Readonly<Record<Mechanism['kind'], StepKind>> = {
  timeout: 'timeout',
  retry: 'retry',
  'circuit-breaker': 'breaker',
  fallback: 'fallback',
  'load-shed': 'shed',
  queueing: 'pool',
  hedge: 'hedge',
  'duplicate-work': 'duplicate-work',
}

function mechanismDraft(
  facts: Facts,
  m: Mechanism,
  found: Found,
  hops: readonly number[],
  chances: number,
): Draft {
  return {
    hops: hops[found.callee],
    requests: requestsOf(facts, found),
    step: {
      id: m.id,
      n: 0,
      at: offsetMs(facts, found.firstNs),
      where: {
        service: m.caller || m.callee,
        ...(m.caller === '' ? {} : { edge: `${m.caller}>${m.callee}` }),
      },
      kind: STEP_KINDS[m.kind],
      ...mechanismText(m),
      grade: m.grade,
      rule: m.rule,
      count: m.count,
      of: Math.max(m.count, chances),
      causes: [],
      evidence: m.evidence,
      ...(m.alternatives === undefined ? {} : { alternatives: m.alternatives }),
    },
  }
}

function errorDraft(facts: Facts, found: Found, hops: readonly number[], chances: number): Draft {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const { count } = found
  return {
    hops: hops[found.callee],
    requests: requestsOf(facts, found),
    step: {
      id: `error:${caller}>${callee}`,
      n: 0,
      at: offsetMs(facts, found.firstNs),
      where: { service: caller, edge: `${caller}>${callee}` },
      kind: 'error',
      text: `${caller}'s calls to ${callee} failed`,
      detail: '',
      grade: 'observed',
      rule: {
        id: 'error.begins-here',
        text: 'The failure begins at this call, and it is laid to the fault.',
      },
      count,
      of: Math.max(count, chances),
      unit: 'calls',
      causes: [],
      evidence: evidenceOf(found.examples),
    },
  }
}

function userDrafts(
  facts: Facts,
  entries: readonly Entry[],
  reacting: ReadonlySet<number>,
): readonly Draft[] {
  return entries.flatMap((e) => {
    const exposed = [...e.phases[Phase.chaos], ...e.phases[Phase.recovery]]
    return [Outcome.failed, Outcome.slow, Outcome.absorbed, Outcome.late].flatMap((outcome) => {
      const requests = exposed.filter((one) => one.outcome === outcome && one.isAttributed)
      if (requests.length === 0) return []
      return [
        { hops: 999, requests: new Set(requests), step: userStep(facts, e, outcome, requests, reacting) },
      ]
    })
  })
}

/** Kinds that set off another reaction on their own edge. */
const TRIGGERS: readonly StepKind[] = ['timeout', 'error', 'pool', 'shed']

/** The steps before on the same edge; else those one call nearer to the fault; else the fault itself. */
function causesOf(drafts: readonly Draft[], i: number): readonly string[] {
  const { step, hops, requests } = drafts[i]
  if (i === 0) return []
  const before = drafts.slice(1, i).filter((d) => d.step.kind !== 'user' && d.step.kind !== 'duplicate-work')
  const isBreaker = step.kind === 'breaker'
  // A breaker rejects other requests than those that opened it: on one edge no shared trace is asked for.
  const sameEdge = before.filter(
    (d) => d.step.where.edge !== undefined && d.step.where.edge === step.where.edge,
  )
  const triggers = sameEdge.filter(
    (d) => TRIGGERS.includes(d.step.kind) || (isBreaker && d.step.kind === 'retry'),
  )
  if (step.kind !== 'user' && triggers.length > 0) return triggers.map((d) => d.step.id)
  const nearer = before.filter((d) => d.hops < hops && (isBreaker || sharesAny(d.requests, requests)))
  const nearest = Math.max(...nearer.map((d) => d.hops))
  const found = nearer.filter((d) => d.hops === nearest).map((d) => d.step.id)
  return found.length === 0 ? [drafts[0].step.id] : found
}

function sharesAny(a: ReadonlySet<RequestClass>, b: ReadonlySet<RequestClass>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a]
  for (const one of small) if (large.has(one)) return true
  return false
}
