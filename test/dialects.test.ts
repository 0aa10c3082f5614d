import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { analyse, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import { OtlpJsonDecoder } from '../packages/aftershock/src/formats/otlp-json.ts'
import type { SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../packages/aftershock/src/model/span-table-builder.ts'
import type { Windows } from '../packages/aftershock/src/model/window.ts'

// The same truths as real libraries told them: recorded by test/dialects/record.js (npm run record:dialects), 20
// healthy requests and 12 hurt ones (18 for a breaker) a case. The analysis is told the target and the windows, nothing else.

const HURT = 12
const HURT_BY_BREAKER = 18
/** What callers/limits.js and callers/order.py set. */
const TIMEOUT_MS = 150
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

type Truth = (findings: Findings, table: SpanTable, recorded: Recorded) => void

const mechanism = (findings: Findings, kind: string) => findings.mechanisms.find((m) => m.kind === kind)

const TRUTHS: Readonly<Record<string, Truth>> = {
  timeout: (findings) => {
    expect(told(findings)).toEqual([
      `duplicate-work order>payment ${HURT}`,
      `timeout order>payment ${HURT}`,
    ])
    expectLimit(findings)
  },
  'retry-reset': expectRetries,
  'retry-503': expectRetries,
  'retry-timeout': (findings) => {
    expect(told(findings)).toEqual([
      `duplicate-work order>payment ${HURT}`,
      `retry order>payment ${HURT}`,
      `timeout order>payment ${HURT}`,
    ])
    expectLimit(findings)
    expect(mechanism(findings, 'duplicate-work')).toMatchObject({ sideEffects: HURT })
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
  fallback: (findings) => {
    expect(told(findings)).toEqual([`fallback order>payment ${HURT}`])
    expect(findings.traces.map((t) => t.outcome)).toEqual(Array(HURT).fill('absorbed'))
  },
  shed: (findings) => {
    expect(told(findings)).toEqual([`load-shed >payment ${HURT}`])
    expect(findings.traces.filter((t) => t.outcome === 'failed' && t.attributed)).toHaveLength(HURT)
  },
  hedge: (findings) => {
    expect(told(findings)).toContain(`hedge order>payment ${HURT}`)
    expect(told(findings).filter((line) => /^(retry|timeout)/.test(line))).toEqual([])
  },
}

function expectLimit(findings: Findings): void {
  const limitMs = mechanism(findings, 'timeout')?.timeoutMs ?? 0
  // A busy machine wakes a waiting process late, never early.
  expect(limitMs).toBeGreaterThanOrEqual(TIMEOUT_MS * 0.97)
  expect(limitMs).toBeLessThanOrEqual(TIMEOUT_MS * 1.4)
}

function expectRetries(findings: Findings): void {
  expect(told(findings)).toEqual([`retry order>payment ${HURT}`])
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
        TRUTHS[recorded.case]?.(analyse({ table, windows: windowsOf(recorded) }), table, recorded)
      })
    }
  })
}
