import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DRAWING_EPOCH_NS, type DrawnSpan, spansOf, tableOf } from '../../model/draw-trace.ts'
import type { SpanTable } from '../../model/span-table.ts'
import { SpanTableBuilder } from '../../model/span-table-builder.ts'
import { analysis, type Findings } from '../analyse.ts'
import { inquire } from '../crew.ts'
import { drawnInterval, drawnWindows } from '../test-support/drawn-windows.ts'
import type { Partition } from './partition.ts'
import { shareOf } from './share-out.ts'

const WINDOWS = {
  ...drawnWindows('payment', { kind: 'NetworkChaos', action: 'delay', parameters: { latencyMs: 500 } }),
  recovery: [drawnInterval(120, 180)],
}

const healthy = (when: string): string => `
@ ${when} ×440 every 125ms
gateway POST /checkout          0-60ms  http=200
  gateway>order POST /order     5-55ms  http=200
    order POST /order           6-54ms  http=200
      order> SELECT             7-9ms   db.system=postgresql server.address=10.0.0.7 server.port=5432
      order>payment POST /pay   10-40ms  http=200
        payment POST /pay       11-39ms  http=200
      order>mail POST /mail     42-50ms  http=200
`

/** Time-outs with retries, work nobody waits for, a silent breaker, a fallback, a peer without spans, a clock ahead, what goes on after the fault. */
const DRAWING = `${healthy('+1s')}${healthy('+122s')}
@ +62s ×40 every 500ms
gateway POST /checkout          0-900ms  http=504
  gateway>order POST /order     5-895ms  http=504
    order POST /order           6-894ms  http=504
      order>payment POST /pay   10-410ms  timeout
        payment POST /pay       11-549ms  http=200
      order>payment POST /pay   450-850ms  timeout
        payment POST /pay       451-990ms  http=200

@ +121s ×5 every 700ms
gateway POST /checkout          0-900ms  http=504
  gateway>order POST /order     5-895ms  http=504
    order POST /order           6-894ms  http=504
      order>payment POST /pay   10-410ms  timeout
        payment POST /pay       11-549ms  http=200
      order>payment POST /pay   450-850ms  timeout
        payment POST /pay       451-990ms  http=200

@ +84s ×30 every 100ms
gateway POST /checkout          0-9ms  http=503
  gateway>order POST /order     1-8ms  http=503
    order POST /order           2-7ms  error http=503

@ +90s ×30 every 500ms
gateway GET /home               0-450ms  http=200
  gateway>order GET /last       5-440ms  http=200
    order GET /last             6-439ms  http=200
      order>payment GET /state  10-410ms  timeout
        payment GET /state      11-549ms  http=200

@ +70s ×60 every 500ms
gateway GET /clock              0-30ms  http=200
  gateway>clock GET /now        5-25ms  http=200
    clock GET /now              1006-1024ms  http=200
`

const TABLE = tableOf(DRAWING)
const EXPECTED = essence(found([{ table: TABLE, traces: undefined }]))

/** So that each share is in several partitions. */
const ROWS_MAX = 40

function shareOut(shares: number): readonly (readonly Partition[])[] {
  return Array.from({ length: shares }, (_, share) => shareOf(TABLE, share, shares, ROWS_MAX))
}

function found(partitions: readonly Partition[]): Findings {
  return inquire(analysis({ windows: WINDOWS }, DRAWING_EPOCH_NS, TABLE), partitions)
}

/** All that is found but the times it took. */
function essence({ stages: _stages, data, ...rest }: Findings): unknown {
  return { ...rest, data: { ...data, analysisMs: 0 } }
}

/** A table of its own, with a dictionary of its own. */
function tableFrom(spans: readonly DrawnSpan[]): SpanTable {
  const builder = new SpanTableBuilder({ epochNs: DRAWING_EPOCH_NS, attributes: 'drop' })
  const resources = new Map<string, number>()
  for (const { resource, span } of spans) {
    const pod = String(resource['k8s.pod.name'])
    const id = resources.get(pod) ?? builder.addResource(resource)
    resources.set(pod, id)
    builder.addSpan(id, span)
  }
  return builder.finish()
}

describe('an analysis over partitions', () => {
  test('finds what there is to find', () => {
    const findings = found([{ table: TABLE, traces: undefined }])
    const told = findings.mechanisms.map((m) => `${m.kind} ${m.caller}>${m.callee} ${m.count}`)
    expect(told).toEqual(
      expect.arrayContaining([
        'timeout order>payment 120',
        'retry order>payment 45',
        'duplicate-work order>payment 120',
        'fallback order>payment 30',
        'circuit-breaker order>payment 30',
      ]),
    )
    expect(findings.data.clockSkew).toMatchObject([{ service: 'clock', estMs: 1000 }])
    expect(findings.data.silent.map((s) => s.service)).toEqual(['mail', 'postgresql'])
    expect(findings.quality.map((note) => note.id)).toContain('sham-control')
    expect(findings.recovery.overallMs).toBe(4700)
  })

  test('finds the same in any number of partitions of one table', () => {
    for (const partitions of [2, 3, 7, 64]) {
      expect(essence(found(shareOut(partitions).flat()))).toEqual(EXPECTED)
    }
  })

  test('finds the same whichever partition a trace is in, in whatever order spans come, each in a table of its own', () => {
    const drawn = spansOf(DRAWING)
    const traces = [...new Set(drawn.map(({ span }) => span.traceId))]
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }).chain((partitions) =>
          fc.record({
            shares: fc.array(fc.nat(partitions - 1), { minLength: traces.length, maxLength: traces.length }),
            order: fc.shuffledSubarray([...drawn.keys()], { minLength: drawn.length }),
            partitions: fc.constant(partitions),
          }),
        ),
        ({ shares, order, partitions }) => {
          const shareOfTrace = new Map(traces.map((id, i) => [id, shares[i]]))
          const spans = Array.from({ length: partitions }, (): DrawnSpan[] => [])
          for (const i of order) spans[shareOfTrace.get(drawn[i].span.traceId) ?? 0].push(drawn[i])
          const tables = spans.map((own) => ({ table: tableFrom(own), traces: undefined }))
          expect(essence(found(tables))).toEqual(EXPECTED)
        },
      ),
      { numRuns: 8 },
    )
  })
})

test('shareOf() gives each trace to one partition whole, and none away', () => {
  const shares = shareOut(5)
  const rowsIn = (partitions: readonly Partition[]): readonly number[] =>
    partitions.flatMap(({ traces }) => [...(traces?.rows ?? [])])
  const seen = new Map<string, Partition>()
  for (const partition of shares.flat()) {
    for (const row of rowsIn([partition])) {
      const id = TABLE.traceIds.subarray(row * 16, row * 16 + 16).join()
      expect(seen.get(id) ?? partition).toBe(partition)
      seen.set(id, partition)
    }
  }
  for (const partitions of shares) {
    expect(partitions.length).toBeGreaterThan(1)
    // The drawing's ids are counters: they are spread all the same.
    expect(rowsIn(partitions).length).toBeGreaterThan(TABLE.length / 10)
  }
  expect(rowsIn(shares.flat()).toSorted((a, b) => a - b)).toEqual([...Array(TABLE.length).keys()])
  expect(seen.size).toBe(1045)
})
