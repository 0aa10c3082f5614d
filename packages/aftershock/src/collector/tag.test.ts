import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Resource, SpanMark } from '../model/span-table.ts'
import type { TargetFacts } from '../model/window.ts'
import { chaosAttributes } from './chaos-attributes.ts'
import { type TaggableSpans, type TagWindow, taggerOf } from './tag.ts'

const EPOCH = 1_800_000_000_000_000_000n
const { active, possible, target, impact } = SpanMark

function resource(service: string, more: Partial<Resource> = {}): Resource {
  return { service, namespace: '', instance: '', pod: '', container: '', attributes: {}, ...more }
}

function window(
  from: number,
  to: number | undefined,
  edge = 0,
  targets: readonly TargetFacts[] = [{ service: 'payment', namespace: undefined, pods: [] }],
): TagWindow {
  const at = (offset: number | undefined) => (offset === undefined ? undefined : EPOCH + BigInt(offset))
  return {
    experiment: { id: 'run-1', name: 'slow payment', kind: 'NetworkChaos', action: 'delay' },
    possible: { startNs: EPOCH + BigInt(from - edge), endNs: at(to === undefined ? undefined : to + edge) },
    certain: { startNs: EPOCH + BigInt(from), endNs: at(to) },
    targets,
  }
}

function spans(
  times: readonly (readonly [number, number])[],
  resources = [resource('payment')],
): TaggableSpans {
  return {
    epochNs: EPOCH,
    startNs: Float64Array.from(times, ([start]) => start),
    durationNs: Float64Array.from(times, ([start, end]) => end - start),
    resource: new Uint32Array(times.length).map((_, i) => Math.min(i, resources.length - 1)),
    resources,
    marks: new Uint8Array(times.length),
  }
}

function marksOf(table: TaggableSpans, ...windows: TagWindow[]): number[] {
  taggerOf(windows, EPOCH).tag(table, 0, table.startNs.length)
  return [...table.marks]
}

describe('taggerOf()', () => {
  test('marks what overlaps the window, also when it began before or ended after', () => {
    const times = spans([
      [0, 99],
      [50, 100],
      [120, 130],
      [50, 300],
      [199, 250],
      [200, 210],
    ])
    expect(marksOf(times, window(100, 200))).toEqual([0, 5, 5, 5, 5, 0])
  })

  test('tells the certain window from its uncertain edges', () => {
    const times = spans([
      [80, 89],
      [91, 99],
      [91, 100],
      [205, 208],
      [210, 211],
    ])
    expect(marksOf(times, window(100, 200, 10))).toEqual([
      0,
      possible | target,
      active | target,
      possible | target,
      0,
    ])
  })

  test('takes a window without an end as still open', () => {
    expect(marksOf(spans([[1e15, 1e15]]), window(100, undefined))).toEqual([active | target])
  })

  test('finds a long window behind short ones', () => {
    const short = Array.from({ length: 50 }, (_, i) => window(1000 + i * 10, 1005 + i * 10))
    expect(marksOf(spans([[1497, 1499]]), window(0, 2000), ...short)).toEqual([active | target])
    expect(marksOf(spans([[1497, 1499]]), ...short)).toEqual([0])
  })

  test.each([
    ['another service', resource('order'), active],
    ['the service', resource('payment', { pod: 'payment-1', namespace: 'shop' }), active | target],
    ['the service in another namespace', resource('payment', { namespace: 'staging' }), active],
    ['a namespace the telemetry does not tell', resource('payment'), active | target],
  ])('knows targets by service and namespace: %s', (_, owner, expected) => {
    const targets = [{ service: 'payment', namespace: 'shop', pods: [] }]
    expect(marksOf(spans([[100, 101]], [owner]), window(0, 200, 0, targets))).toEqual([expected])
  })

  test('knows targets by pod, and lets the service decide where telemetry has no pods', () => {
    const targets = [{ service: 'payment', namespace: undefined, pods: ['payment-1'] }]
    const pods = [resource('payment', { pod: 'payment-0' }), resource('payment', { pod: 'payment-1' })]
    const times = [
      [100, 101],
      [100, 101],
    ] as const
    expect(marksOf(spans(times, pods), window(0, 200, 0, targets))).toEqual([active, active | target])
    const unnamed = [resource('payment', { instance: 'host:17' }), resource('order')]
    expect(marksOf(spans(times, unnamed), window(0, 200, 0, targets))).toEqual([active | target, active])
    const instances = [
      resource('payment', { instance: 'payment-1' }),
      resource('payment', { instance: 'payment-2' }),
    ]
    expect(marksOf(spans(times, instances), window(0, 200, 0, targets))).toEqual([active | target, active])
  })

  test('takes marks back when windows change, but not what evidence has set', () => {
    const table = spans([[100, 101]])
    table.marks[0] = impact | active
    expect(marksOf(table)).toEqual([impact])
  })

  test('agrees with a plain search over all windows, for any windows and spans', () => {
    const interval = fc.tuple(fc.nat(1000), fc.nat(300), fc.nat(20))
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 8 }), fc.array(interval, { maxLength: 8 }), (at, times) => {
        const windows = at.map(([start, length, edge]) => window(start, start + length, edge))
        const table = spans(times.map(([start, length]) => [start, start + length]))
        const expected = times.map(([start, length]) => {
          const end = start + length
          const meets = (edge: (w: number) => number): boolean =>
            at.some(([from, size, e]) => {
              const [a, b] = [from - edge(e), from + size + edge(e)]
              return a < b && start < b && end >= a
            })
          if (meets(() => 0)) return active | target
          return meets((edge) => edge) ? possible | target : 0
        })
        expect(marksOf(table, ...windows)).toEqual(expected)
      }),
      { examples: [[[[1, 0, 0]], [[0, 1, 0]]]], numRuns: 1_000 },
    )
  })
})

describe('chaosAttributes()', () => {
  test('says which experiment, which fault, and how certain', () => {
    expect(chaosAttributes(active | target, window(0, 1), 12_345_678)).toEqual({
      'chaos.experiment.active': true,
      'chaos.experiment.name': 'slow payment',
      'chaos.experiment.id': 'run-1',
      'chaos.fault.kind': 'NetworkChaos',
      'chaos.fault.action': 'delay',
      'chaos.fault.target': true,
      'chaos.window.certainty': 'certain',
      'request.duration_ms': 12.346,
    })
    expect(chaosAttributes(possible | impact, window(0, 1), 0)).toMatchObject({
      'chaos.fault.target': false,
      'chaos.window.certainty': 'possible',
      possible_chaos_impact: true,
    })
  })

  test('says nothing outside every window', () => {
    expect(chaosAttributes(0, undefined, 5)).toEqual({})
  })
})
