import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import type { Windows } from '../model/window.ts'
import { analyse, type Findings } from './analyse.ts'
import { luckOf } from './test-support/luck.ts'
import { randomWorld } from './test-support/random-world.ts'
import { EPOCH_MS, type SimulatedSpan } from './test-support/scene.ts'
import { simulate } from './test-support/simulate.ts'
import { windowsOf } from './test-support/truth.ts'
import { timesOf, type World } from './test-support/world.ts'

// What must not matter does not, in systems and with faults drawn by chance.

/** AFTERSHOCK_RUNS=200 tries many systems. */
const RUNS = { numRuns: Number(process.env.AFTERSHOCK_RUNS ?? 3) }
const SEEDS = fc.integer({ min: 1, max: 1 << 30 })
const SECOND = 1_000_000_000n

type Drawn = { readonly spans: readonly SimulatedSpan[]; readonly windows: Windows }

function drawn(seed: number): Drawn {
  const world = { ...randomWorld(seed), baselineS: 25, chaosS: 15, recoveryS: 10 }
  return { spans: simulate(world, seed, 'yes').spans, windows: windowsOf(world) }
}

type Telling = { readonly shiftNs?: bigint; readonly rename?: (service: string) => string }

function tableOf(
  spans: readonly SimulatedSpan[],
  { shiftNs = 0n, rename = (s) => s }: Telling = {},
): SpanTable {
  const epochNs = BigInt(EPOCH_MS) * 1_000_000n + shiftNs
  const builder = new SpanTableBuilder({ epochNs, attributes: 'drop' })
  for (const { service, pod, span } of spans) {
    const resource = builder.addResource({
      'service.name': rename(service),
      'k8s.pod.name': pod.replace(service, rename(service)),
    })
    const callee = span.attributes?.['server.address']
    const attributes =
      typeof callee === 'string' ? { ...span.attributes, 'server.address': rename(callee) } : span.attributes
    const events = span.events?.map((event) => ({
      ...event,
      timeNs: event.timeNs + shiftNs,
      attributes: Object.fromEntries(
        Object.entries(event.attributes ?? {}).map(([key, value]) => [key, renamedIn(String(value), rename)]),
      ),
    }))
    builder.addSpan(resource, {
      ...span,
      attributes,
      ...(events === undefined ? {} : { events }),
      startNs: span.startNs + shiftNs,
      endNs: span.endNs + shiftNs,
    })
  }
  return builder.finish()
}

/** `Breaker to pay is open`. */
function renamedIn(text: string, rename: (service: string) => string): string {
  return text.replace(/(?<=^Breaker to )\w+/, (name) => rename(name))
}

/** What is found, whatever it is called in and whenever it was: order of equals apart. */
function essence(findings: Findings): object {
  return {
    mechanisms: findings.mechanisms
      .map(({ kind, caller, callee, count, verdict, grade, timeoutMs, maxAttempts }) =>
        JSON.stringify({ kind, caller, callee, count, verdict, grade, timeoutMs, maxAttempts }),
      )
      .sort(),
    traces: findings.traces
      .map((t) => `${t.traceId} ${t.outcome} ${t.attributed} ${t.stepIds.join()}`)
      .toSorted(),
    chains: findings.chains.map(
      (c) => `${c.count} ${c.share} ${c.steps.map((s) => `${s.id} ${s.count}`).join(' | ')}`,
    ),
    recovery: findings.recovery,
    proof: findings.proof,
  }
}

describe('findings', () => {
  test('do not depend on the order of arrival', () => {
    fc.assert(
      fc.property(SEEDS, (seed) => {
        const { spans, windows } = drawn(seed)
        const shuffled = spans
          .map((span, i) => ({ span, luck: luckOf(seed, `order ${i}`) }))
          .sort((a, b) => a.luck - b.luck)
          .map(({ span }) => span)
        const found = analyse({ table: tableOf(shuffled), windows })
        expect(essence(found)).toEqual(essence(analyse({ table: tableOf(spans), windows })))
        expect(found.suspects).toEqual(analyse({ table: tableOf(spans), windows }).suspects)
      }),
      RUNS,
    )
  })

  test('do not depend on when it was', () => {
    fc.assert(
      fc.property(SEEDS, fc.bigInt({ min: -86_400n * SECOND, max: 86_400n * SECOND }), (seed, shiftNs) => {
        const { spans, windows } = drawn(seed)
        const found = analyse({ table: tableOf(spans, { shiftNs }), windows: shifted(windows, shiftNs) })
        expect(essence(found)).toEqual(essence(analyse({ table: tableOf(spans), windows })))
      }),
      RUNS,
    )
  })

  test('are renamed where services are, and nothing else', () => {
    fc.assert(
      fc.property(SEEDS, (seed) => {
        const { spans, windows } = drawn(seed)
        const names = [...new Set(spans.map((s) => s.service))].sort()
        // Another order of names than before.
        const other = new Map(
          names.map((name, i) => [name, `s${String((i * 7 + 3) % 97).padStart(2, '0')}q`]),
        )
        const rename = (name: string): string => other.get(name) ?? name
        const experiments = windows.experiments.map((e) => ({
          ...e,
          targets: e.targets.map((t) => ({ ...t, service: rename(t.service) })),
        }))
        const found = analyse({ table: tableOf(spans, { rename }), windows: { ...windows, experiments } })
        const plain = analyse({ table: tableOf(spans), windows })
        expect(mechanismsOf(found, (s) => s)).toEqual(mechanismsOf(plain, rename))
        expect(outcomesOf(found)).toEqual(outcomesOf(plain))
        expect(new Set(found.suspects.map((s) => `${s.service} ${s.score}`))).toEqual(
          new Set(plain.suspects.map((s) => `${rename(s.service)} ${s.score}`)),
        )
      }),
      RUNS,
    )
  })

  test('are the same with healthy traffic of others beside', () => {
    fc.assert(
      fc.property(SEEDS, fc.integer({ min: 1, max: 30 }), (seed, rps) => {
        const { spans, windows } = drawn(seed)
        const both = [...spans, ...simulate(beside(rps), Math.imul(seed, 0x9e3779b1), 'no').spans]
        const found = analyse({ table: tableOf(both), windows })
        const alone = analyse({ table: tableOf(spans), windows })
        expect(mechanismsOf(found, (s) => s)).toEqual(mechanismsOf(alone, (s) => s))
        expect(outcomesOf(found)).toEqual(outcomesOf(alone))
      }),
      RUNS,
    )
  })
})

function shifted({ experiments, ...phases }: Windows, shiftNs: bigint): Windows {
  const by = (list: Windows['chaos']): Windows['chaos'] =>
    list.map(({ startNs, endNs }) => ({ startNs: startNs + shiftNs, endNs: endNs + shiftNs }))
  return {
    experiments,
    baseline: by(phases.baseline),
    chaos: by(phases.chaos),
    recovery: by(phases.recovery),
  }
}

function mechanismsOf(findings: Findings, rename: (service: string) => string): readonly string[] {
  return findings.mechanisms
    .map((m) => `${m.kind} ${rename(m.caller)}>${rename(m.callee)} ${m.count} ${m.verdict}`)
    .sort()
}

function outcomesOf(findings: Findings): readonly string[] {
  return findings.traces.map((t) => `${t.traceId} ${t.outcome} ${t.attributed}`).sort()
}

/** Another system, with names of its own. */
function beside(rps: number): World {
  return {
    ...timesOf({ services: [], entries: [], baselineS: 25, chaosS: 15, recoveryS: 10 }),
    entries: [{ service: 'beside-a', op: 'GET /beside', rps }],
    services: [
      {
        name: 'beside-a',
        ops: { 'GET /beside': [{ workMs: 3 }, { call: { to: 'beside-b', op: 'GET /below' } }] },
      },
      { name: 'beside-b', pods: 2, ops: { 'GET /below': [{ workMs: 5 }] } },
    ],
  }
}
