import type { TraceFindings } from '../model/findings.ts'
import type { Red, RunResult } from '../model/result.ts'
import type { Injection, RunOutcome, TimedRunEvent } from '../model/run.ts'

/** A run of three minutes, as its tests need it: payment was late for one of them. */
export const STARTED_NS = 1_795_230_130_000_000_000n
const SECOND = 1_000_000_000n

export function injectionOf(about: Partial<Injection> = {}): Injection {
  return {
    fault: 'NetworkChaos/default/payment-latency',
    label: 'payment +500 ms',
    kind: 'NetworkChaos/delay',
    params: { latencyMs: 500 },
    source: { file: 'x.yaml', line: 4, format: 'chaos-mesh' },
    targets: [{ service: 'payment', namespace: 'default', pod: 'payment-0', role: 'target' }],
    startPossibleNs: STARTED_NS + 60n * SECOND,
    startCertainNs: STARTED_NS + 60n * SECOND + 2_000_000n,
    endCertainNs: STARTED_NS + 120n * SECOND,
    endPossibleNs: STARTED_NS + 120n * SECOND + 1_000_000n,
    effect: {
      confirmed: true,
      seen: 40,
      eligible: 64,
      unit: 'calls',
      why: '40 of 64 calls met the fault',
      deltaMs: { p50: 502, p95: 510, hist: [] },
    },
    removal: { ok: true, verifiedBy: 'the proxy' },
    ...about,
  }
}

export function outcomeOf(about: Partial<RunOutcome> = {}): RunOutcome {
  return {
    startedNs: STARTED_NS,
    endedNs: STARTED_NS + 180n * SECOND,
    phases: [
      { name: 'baseline', startNs: STARTED_NS, endNs: STARTED_NS + 60n * SECOND },
      { name: 'chaos', startNs: STARTED_NS + 60n * SECOND, endNs: STARTED_NS + 120n * SECOND },
      { name: 'recovery', startNs: STARTED_NS + 120n * SECOND, endNs: STARTED_NS + 180n * SECOND },
    ],
    injections: [injectionOf()],
    stoppedBy: undefined,
    recoveredAfterMs: 2_000,
    events: [] as readonly TimedRunEvent[],
    ...about,
  }
}

export function findingsOf(about: Partial<TraceFindings> = {}, chaosRequests = 1_200): TraceFindings {
  const red = (n: number): Red => ({ n, errors: 0, p50Ok: 20, p95Ok: 40, p99Ok: 60 })
  const proof: RunResult['proof'] = {
    tookEffect: true,
    seen: 30,
    eligible: 60,
    unit: 'calls',
    deltaMs: 499,
    why: 'calls took 499 ms longer',
    gone: null,
    goneWhy: '',
  }
  return {
    headline: 'payment +500 ms became checkout 503 for 41 % of requests.',
    reach: { hit: 492, total: 1_200, unit: 'requests' },
    suspects: [],
    mechanisms: [],
    traces: [],
    chains: [],
    chain: [],
    impact: [],
    proof,
    data: {
      spans: 0,
      traces: 0,
      orphans: 0,
      duplicates: 0,
      sampled: null,
      clockSkew: [],
      silent: [],
      services: [],
      dropped: {},
      analysisMs: 1,
    },
    quality: [],
    journeys: [
      {
        id: 'j1',
        label: 'POST /checkout',
        entry: 'web POST /checkout',
        phases: { baseline: red(1_200), chaos: red(chaosRequests), recovery: red(1_200) },
        reach: { hit: 492, total: 1_200, ci95: [0.38, 0.44] },
      },
    ],
    series: [],
    edges: [],
    recovery: { overallMs: 12_000, metastable: false, hops: [], rule: 'users as before' },
    graph: { w: 0, h: 0, nodes: [], edges: [], collapsed: null },
    evidence: [],
    ...about,
  }
}
