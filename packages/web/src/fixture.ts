import type { AffectedTrace, RunResult, TraceFull, TraceMeta } from '../../aftershock/src/model/result.ts'
import { MECHANISMS, STEPS, TRACE } from './fixture-findings.ts'
import { callsOf, edgeRows, graph, series } from './fixture-numbers.ts'
import { checkoutTrace } from './fixture-traces.ts'

/**
 * A run that a person could have made: 20 checkouts a second, payment 500 ms late for a minute. The
 * figures hang together: 104 rejected by the breaker; 1,096 first tries, 649 well; 447 second tries, 38
 * well; 409 third tries, 21 well; so 1,952 calls, 1,244 time-outs, 856 retries, 59 rescued, and
 * 388 + 104 = 492 of 1,200 users hit. For tests and pictures only.
 */
export function fixtureRun(): { readonly result: RunResult; readonly traces: readonly TraceFull[] } {
  const traces = fixtureTraces()
  return { result: fixtureResult(traces), traces }
}

const STARTED_AT = '2026-11-21T03:02:10.000Z'

function at(ms: number): string {
  return new Date(Date.parse(STARTED_AT) + ms).toISOString()
}

function fixtureTraces(): readonly TraceFull[] {
  return [
    checkoutTrace({
      traceId: TRACE.tired,
      startedAt: at(70_150),
      tries: ['timed-out', 'timed-out', 'timed-out'],
    }),
    checkoutTrace({ traceId: TRACE.rejected, startedAt: at(65_200), tries: 'rejected' }),
    checkoutTrace({ traceId: TRACE.rescued, startedAt: at(70_250), tries: ['timed-out', 'well'] }),
    checkoutTrace({ traceId: TRACE.well, startedAt: at(31_000), tries: ['well'] }),
    checkoutTrace({ traceId: TRACE.after, startedAt: at(150_000), tries: ['well'] }),
  ]
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: data, not logic
function fixtureResult(traces: readonly TraceFull[]): RunResult {
  const chain = STEPS
  const edges = edgeRows()
  const affected = affectedTraces()
  return {
    schema: 'aftershock.result/1',
    generator: { version: '0.1.0', node: '24.21.0' },
    run: RUN,
    experiment: EXPERIMENT,
    experiments: [EXPERIMENT],
    windows: {
      baseline: { start: at(0), end: at(60_000) },
      chaos: { start: at(60_000), end: at(120_000) },
      recovery: { start: at(120_000), end: at(180_000) },
    },
    verdictReasons: [
      {
        ok: false,
        text: 'checkout errors < 1 %: was 41 %',
        probe: 'checkout errors < 1 %',
        expected: '< 1 %',
        actual: '41 %',
        phase: 'chaos',
      },
      {
        ok: true,
        text: 'catalog p95 < 200 ms: was 96 ms',
        probe: 'catalog p95 < 200 ms',
        expected: '< 200 ms',
        actual: '96 ms',
        phase: 'chaos',
      },
    ],
    phases: [
      { name: 'baseline', from: 0, to: 60_000, requests: 1200 },
      { name: 'chaos', from: 60_000, to: 120_000, requests: 1200 },
      { name: 'recovery', from: 120_000, to: 180_000, requests: 1200 },
    ],
    faults: FAULTS,
    journeys: JOURNEYS,
    series: [series()],
    graph: graph(),
    chain,
    chains: [
      { share: 388 / 492, count: 388, outcome: 'failed', steps: chain },
      {
        share: 104 / 492,
        count: 104,
        outcome: 'failed',
        steps: chain.filter((step) => step.kind !== 'retry'),
      },
    ],
    mechanisms: MECHANISMS,
    suspects: [
      {
        service: 'payment',
        score: 0.93,
        why: 'its own time grew first (+502 ms at 60.0 s); everything else follows from it',
      },
      { service: 'order', score: 0.31, why: 'fails, but only where payment is slow' },
    ],
    traces: affected,
    impact: IMPACT,
    edges,
    recovery: RECOVERY,
    proof: {
      tookEffect: true,
      seen: 1244,
      eligible: 1952,
      unit: 'payment calls',
      deltaMs: 502,
      why: 'the proxy delayed them and stamped each',
      gone: true,
      goneWhy: 'verified by 5 direct calls',
    },
    evidence: traces.map(traceMeta),
    quality: QUALITY,
    data: {
      spans:
        3600 +
        edges.reduce(
          (sum, edge) => sum + callsOf(edge) * (edge.to === 'inventory' || edge.to === 'payment-db' ? 1 : 2),
          0,
        ),
      traces: 3600,
      orphans: 0,
      duplicates: 0,
      sampled: 1,
      clockSkew: [{ instance: 'checkout-0', service: 'checkout', estMs: 38, pairs: 3600 }],
      silent: [{ service: 'inventory', calls: 4277 }],
      services: ['web', 'gateway', 'cart', 'catalog', 'checkout', 'order', 'payment'],
      dropped: {},
      analysisMs: 412,
    },
    journal: JOURNAL,
  }
}

const EXPERIMENT = {
  name: 'payment-latency',
  kind: 'NetworkChaos',
  action: 'delay',
  mode: 'all',
  targets: [{ service: 'payment', namespace: 'default', pods: ['payment-0'] }],
  parameters: { latencyMs: 500, jitterMs: 0 },
}

function affectedTraces(): readonly AffectedTrace[] {
  return Array.from({ length: 635 }, (_, i): AffectedTrace => {
    const failed = i < 492 || i >= 551
    const phase = i < 551 ? 'chaos' : 'recovery'
    const when =
      i < 551 ? 60_000 + Math.round((i / 551) * 60_000) : 125_800 + Math.round(((i - 551) / 84) * 6000)
    return {
      traceId: `${(0x4000_0000 + i * 0x0101).toString(16).padStart(8, '0')}${'0'.repeat(24)}`,
      outcome: failed ? 'failed' : 'slow',
      attributed: true,
      entry: 'web POST /checkout',
      phase,
      at: when,
      durationMs: i < 388 ? 1400 : i < 492 ? 3 : i < 551 ? 612 : 3,
      stepIds:
        i < 388
          ? ['s1', 's2', 's3', 's5']
          : i < 492
            ? ['s4', 's5']
            : i < 551
              ? ['s1', 's2', 's3']
              : ['s4', 's5'],
    }
  })
}

function traceMeta(trace: TraceFull): TraceMeta {
  const root = trace.spans[0]
  const startMs = Date.parse(trace.startedAt) - Date.parse(STARTED_AT)
  const failed = root?.error !== undefined
  const hit = trace.spans.some((span) => span.fault !== undefined)
  const rejected = trace.spans.some((span) => span.marks?.includes('breaker'))
  return {
    traceId: trace.traceId,
    at: startMs,
    phase: startMs < 60_000 ? 'baseline' : startMs < 120_000 ? 'chaos' : 'recovery',
    journey: 'POST /checkout',
    ok: !failed,
    outcome: rejected ? '503 rejected' : failed ? '503 after 3 tries' : hit ? '200 on retry' : '200',
    durMs: (root?.dur ?? 0) / 1000,
    spans: trace.spans.length,
    services: new Set(trace.spans.map((span) => span.service)).size,
    retries: trace.spans.filter((span) => (span.attempt ?? 1) > 1).length,
    fault: hit ? ['payment +500 ms'] : [],
    stepIds: rejected ? ['s4', 's5'] : failed ? ['s1', 's2', 's3', 's5'] : hit ? ['s1', 's2', 's3'] : [],
    ...(failed || hit ? { twin: TRACE.well } : {}),
    embedded: 'full',
  }
}

const RUN: RunResult['run'] = {
  id: 'r-7k2m9q',
  name: 'payment-latency',
  experimentId: 'payment-latency',
  startedAt: STARTED_AT,
  durationMs: 184_000,
  verdict: 'broke',
  headline: 'payment +500 ms became checkout 503 for 41 % of checkouts (492 of 1,200).',
  target: 'local',
  faults: ['payment +500 ms'],
  reach: { hit: 492, total: 1200, unit: 'checkouts' },
  recoveryMs: 12_000,
  exitCode: 1,
  git: { sha: 'a1b2c3d', branch: 'main', dirty: false },
  tags: ['demo'],
  seed: 42,
  command: 'aftershock run chaos/payment-latency.yaml --seed 42',
  timezone: 'UTC',
}

const FAULTS: RunResult['faults'] = [
  {
    id: 'NetworkChaos/default/payment-latency',
    kind: 'NetworkChaos/delay',
    target: 'payment',
    label: 'payment +500 ms',
    from: 60_000,
    to: 120_000,
    params: { latency: '500ms', correlation: '0' },
    source: { file: 'chaos/payment-latency.yaml', line: 4, format: 'chaos-mesh' },
    effect: {
      confirmed: true,
      seen: 1244,
      eligible: 1952,
      unit: 'payment calls',
      deltaMs: {
        p50: 502,
        p95: 531,
        hist: [
          [480, 2],
          [500, 480],
          [520, 690],
          [540, 61],
          [560, 11],
        ],
      },
      why: 'the proxy delayed them and stamped each',
    },
    removed: { at: 120_100, verifiedBy: '5 direct calls' },
  },
]

const JOURNEYS: RunResult['journeys'] = [
  {
    id: 'checkout',
    label: 'POST /checkout',
    entry: 'web POST /checkout',
    phases: {
      baseline: { n: 1200, errors: 0, p50Ok: 88, p95Ok: 98, p99Ok: 121 },
      chaos: { n: 1200, errors: 492, p50Ok: 92, p95Ok: 612, p99Ok: 1061 },
      recovery: { n: 1200, errors: 84, p50Ok: 89, p95Ok: 98, p99Ok: 130 },
    },
    reach: { hit: 492, total: 1200, ci95: [0.38, 0.44] },
  },
]

const QUALITY: RunResult['quality'] = [
  {
    level: 'warn',
    id: 'silent-service',
    text: 'inventory sent no server spans (4,277 client calls): steps through it can only be inferred',
    fix: 'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 node inventory.js',
    count: 4277,
  },
  {
    level: 'info',
    id: 'clock-skew',
    text: 'checkout clock about 38 ms ahead of gateway (estimate): shown, not corrected',
  },
]

const JOURNAL: RunResult['journal'] = [
  { at: 0, kind: 'phase', text: 'baseline 60 s', level: 'info' },
  { at: 60_000, kind: 'phase', text: 'chaos 60 s', level: 'info' },
  { at: 60_020, kind: 'fault', text: 'payment +500 ms applied by the proxy', level: 'info' },
  { at: 71_900, kind: 'probe', text: 'checkout errors 31.0 % (limit 1 %)', level: 'warn' },
  { at: 120_000, kind: 'phase', text: 'recovery', level: 'info' },
  {
    at: 120_100,
    kind: 'rollback',
    text: 'payment +500 ms removed, verified by 5 direct calls',
    level: 'info',
  },
]

const IMPACT: RunResult['impact'] = [
  {
    entry: 'web POST /checkout',
    phase: 'chaos',
    requests: 1200,
    failed: 492,
    slow: 59,
    attributed: 551,
    background: 0,
    share: 0.459,
    ci95: [0.431, 0.488],
  },
  {
    entry: 'web POST /checkout',
    phase: 'recovery',
    requests: 1200,
    failed: 84,
    slow: 0,
    attributed: 84,
    background: 0,
    share: 0.07,
    ci95: [0.057, 0.086],
  },
]

const RECOVERY: RunResult['recovery'] = {
  overallMs: 12_000,
  metastable: false,
  hops: [
    { id: 'payment', backAfterMs: 400 },
    { id: 'order', backAfterMs: 2100 },
    { id: 'checkout', backAfterMs: 11_800, heldBy: 'breaker reopened for 6.0 s' },
  ],
  rule: 'back: three seconds in a row inside the band of the baseline (p95 within 10 %, errors within 1 point)',
}
