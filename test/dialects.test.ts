import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { analyse, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import { OtlpJsonDecoder } from '../packages/aftershock/src/formats/otlp-json.ts'
import type { SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../packages/aftershock/src/model/span-table-builder.ts'
import { hexOf } from '../packages/aftershock/src/model/trace-ids.ts'
import type { Windows } from '../packages/aftershock/src/model/window.ts'

// The same truths as real libraries told them: recorded by test/dialects/record.js (npm run record:dialects), 20
// healthy requests and 12 hurt ones (18 for a breaker) a case. The analysis is told the target and the windows, nothing else.

const HURT = 12
const HURT_BY_BREAKER = 18
/** What callers/limits.js, callers/order.py, java/ and go/ set. */
const TIMEOUT_MS = 150
const COARSE_TIMEOUT_MS = 1000
const RETRY_PAUSE_MS = 30

type Recorded = {
  readonly case: string
  readonly windows: Readonly<Record<'baseline' | 'chaos', readonly [string, string]>>
  readonly requests: readonly object[]
}

const folder = join(import.meta.dirname, 'dialects/recorded')
const libraries = readdirSync(folder).map((file) => file.replace('.jsonl.gz', ''))

function recordedBy(library: string): readonly Recorded[] {
  const text = gunzipSync(readFileSync(join(folder, `${library}.jsonl.gz`))).toString('utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function tableOf(recorded: Recorded): SpanTable {
  const builder = new SpanTableBuilder({ attributes: 'drop' })
  for (const request of recorded.requests) {
    expect(new OtlpJsonDecoder(builder).decodeParsed(request)).toMatchObject({ ok: true })
  }
  return builder.finish()
}

function windowsOf({ windows }: Recorded): Windows {
  const interval = ([from, to]: readonly [string, string]) => ({ startNs: BigInt(from), endNs: BigInt(to) })
  return {
    experiments: [
      {
        name: 'recorded',
        kind: 'NetworkChaos',
        action: 'delay',
        mode: 'all',
        targets: [{ service: 'payment', namespace: undefined, pods: [] }],
        parameters: {},
      },
    ],
    baseline: [interval(windows.baseline)],
    chaos: [interval(windows.chaos)],
    recovery: [],
  }
}

/** `kind caller>callee count`, absent defences left out. */
function told(findings: Findings): readonly string[] {
  return findings.mechanisms
    .filter((m) => m.verdict !== 'absent')
    .map((m) => `${m.kind} ${m.caller}>${m.callee} ${m.count}`)
    .sort()
}

/** Requests that reached payment while it was hurt: counted from its own spans. */
function arrived(table: SpanTable, { windows }: Recorded): number {
  const from = Number(BigInt(windows.chaos[0]) - table.epochNs)
  let count = 0
  for (let row = 0; row < table.length; row++) {
    const isPayment = table.resources[table.resource[row]].service === 'payment'
    if (isPayment && table.kind[row] === 2 && table.startNs[row] >= from) count += 1
  }
  return count
}

type Truth = (findings: Findings, table: SpanTable, recorded: Recorded, library: string) => void

const mechanism = (findings: Findings, kind: string) => findings.mechanisms.find((m) => m.kind === kind)

/** Sends both attempts within one client span, so that how the first ended is nowhere told. */
const ONE_SPAN_FOR_ALL: readonly string[] = ['requests', 'urllib3']
/** Its retries run in the context of some earlier request: the second attempt hangs in a foreign trace. */
const LOSES_CONTEXT: readonly string[] = ['undici']
const BY_GRPC: readonly string[] = ['grpc', 'go-grpc']
/** A call's span ends with its answer, whoever waits for it: of two calls nothing says that the first was given up. */
const ENDS_WITH_ANSWERS: readonly string[] = ['java-agent']

// A callee that answers 503 or UNAVAILABLE at once with nothing done sheds load, by the definition of it.
const TRUTHS: Readonly<Record<string, Truth>> = {
  timeout: (findings, _table, _recorded, library) => {
    expect(told(findings)).toEqual([`duplicate-work order>payment ${HURT}`, `timeout order>payment ${HURT}`])
    expectLimit(findings, library)
  },
  'retry-reset': (findings, table, recorded, library) => {
    if (LOSES_CONTEXT.includes(library)) return expectLostContext(findings, table, recorded)
    expect(told(findings)).toEqual([`retry order>payment ${HURT}`])
    expectRetries(findings)
  },
  'retry-503': (findings, table, recorded, library) => {
    if (LOSES_CONTEXT.includes(library)) return expectLostContext(findings, table, recorded)
    expect(told(findings)).toEqual([`load-shed >payment ${HURT}`, `retry order>payment ${HURT}`])
    expectRetries(findings)
  },
  'retry-timeout': (findings, table, recorded, library) => {
    if (LOSES_CONTEXT.includes(library)) return expectLostContext(findings, table, recorded)
    if (ENDS_WITH_ANSWERS.includes(library)) return expect(told(findings)).toEqual([])
    const isTold = !ONE_SPAN_FOR_ALL.includes(library)
    expect(told(findings)).toEqual([
      `duplicate-work order>payment ${HURT}`,
      `retry order>payment ${HURT}`,
      ...(isTold ? [`timeout order>payment ${HURT}`] : []),
    ])
    if (isTold) expectLimit(findings, library)
    // A gRPC method does not say whether it writes.
    const sideEffects = BY_GRPC.includes(library) ? 0 : HURT
    expect(mechanism(findings, 'duplicate-work')).toMatchObject({ sideEffects })
  },
  breaker: (findings, table, recorded) => {
    const reached = arrived(table, recorded)
    expect(reached).toBeGreaterThanOrEqual(3)
    expect(told(findings)).toEqual([
      `circuit-breaker order>payment ${HURT_BY_BREAKER - reached}`,
      `duplicate-work order>payment ${reached}`,
      `timeout order>payment ${reached}`,
    ])
    expect(mechanism(findings, 'circuit-breaker')?.openings).toHaveLength(1)
  },
  fallback: (findings, _table, _recorded, library) => {
    const refused = BY_GRPC.includes(library) ? [`load-shed >payment ${HURT}`] : []
    expect(told(findings)).toEqual([`fallback order>payment ${HURT}`, ...refused])
    expect(findings.traces.filter((t) => t.attributed && t.outcome !== 'failed')).toHaveLength(HURT)
  },
  shed: (findings) => {
    expect(told(findings)).toEqual([`load-shed >payment ${HURT}`])
    expect(findings.traces.filter((t) => t.outcome === 'failed' && t.attributed)).toHaveLength(HURT)
  },
  hedge: (findings) => {
    expect(told(findings)).toEqual([`duplicate-work order>payment ${HURT}`, `hedge order>payment ${HURT}`])
  },
}

function expectLimit(findings: Findings, library: string): void {
  const limitMs = mechanism(findings, 'timeout')?.timeoutMs ?? 0
  // Undici's own timers tick every half second. A busy machine wakes a waiting process late, never early.
  const [leastMs, mostMs] = library === 'undici' ? [COARSE_TIMEOUT_MS, 1600] : [TIMEOUT_MS, 165]
  expect(limitMs).toBeGreaterThanOrEqual(leastMs)
  expect(limitMs).toBeLessThanOrEqual(mostMs)
}

/** No request of order made a second call itself: they begin after it had answered, below other requests. */
function expectLostContext(findings: Findings, table: SpanTable, { windows }: Recorded): void {
  const from = Number(BigInt(windows.chaos[0]) - table.epochNs)
  const [roots, calls] = [new Set<string>(), new Map<string, number>()]
  for (let row = 0; row < table.length; row++) {
    if (table.resources[table.resource[row]].service !== 'order' || table.startNs[row] < from) continue
    const trace = hexOf(table.traceIds, row * 16, 16)
    if (table.kind[row] === 2) roots.add(trace)
    if (table.kind[row] === 3) calls.set(trace, (calls.get(trace) ?? 0) + 1)
  }
  expect([...roots].map((trace) => calls.get(trace))).toEqual(Array(HURT).fill(1))
  expect([...calls.keys()].length).toBeGreaterThan(HURT)
  expect(told(findings).filter((line) => line.startsWith('retry'))).toEqual([])
}

function expectRetries(findings: Findings): void {
  expect(mechanism(findings, 'retry')).toMatchObject({
    maxAttempts: 2,
    extraAttempts: HURT,
    rescued: HURT,
    verdict: 'helped',
  })
  const [pauseMs] = mechanism(findings, 'retry')?.backoffMs ?? []
  if (pauseMs !== undefined) expect(pauseMs).toBeGreaterThanOrEqual(RETRY_PAUSE_MS * 0.5)
}

test('recordings are there', () => {
  expect(libraries.length).toBeGreaterThanOrEqual(10)
})

for (const library of libraries) {
  describe(`as recorded with ${library}`, () => {
    for (const recorded of recordedBy(library)) {
      test(`analyse() finds the truth of ${recorded.case}`, () => {
        const table = tableOf(recorded)
        TRUTHS[recorded.case]?.(analyse({ table, windows: windowsOf(recorded) }), table, recorded, library)
      })
    }
  })
}
