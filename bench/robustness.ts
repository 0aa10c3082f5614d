// node bench/robustness.ts [--cases DIR] [--only TEXT]
// Blind suspects of the real cases when some of the evidence is missing: only a share of the traces or of the spans, the
// chaos window off by some seconds or half of it, half of the baseline, a service without spans. Prints the cases that
// waver, and how often the first suspect is right. (Shifted times, renamed services and added healthy traffic: `invariance.test.ts`.)
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { phaseSpans } from '../packages/aftershock/src/analysis/assemble/phases.ts'
import { rowsByTrace } from '../packages/aftershock/src/analysis/assemble/trace-rows.ts'
import { inquire } from '../packages/aftershock/src/analysis/crew.ts'
import { examine } from '../packages/aftershock/src/analysis/examine.ts'
import type { SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { traceHash } from '../packages/aftershock/src/model/trace-hash.ts'
import type { Interval, Windows } from '../packages/aftershock/src/model/window.ts'
import { readTable, readWindows } from './read-case.ts'

type Count = { right: number; all: number }

/** By how much the chaos window's start and end are off, s. */
const SHIFTS = [
  [5, 0],
  [0, -5],
  [-5, 0],
  [0, 5],
  [10, 10],
  [-10, -10],
] as const

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: resolve(import.meta.dirname, '../../shared/cases') },
    only: { type: 'string', default: '' },
  },
})
const dir = join(values.cases, 'real')
if (!existsSync(dir)) {
  console.error(`No cases at ${dir}: nothing measured.`)
  process.exit(0)
}
const totals = new Map<string, Map<string, Count>>()
for (const name of readdirSync(dir).filter((n) => n.includes(values.only))) perturb(name)
for (const [set, counts] of totals) console.log(set.padEnd(14), textOf(counts))

function perturb(name: string): void {
  const table = readTable(join(dir, name, 'traces.jsonl.gz'))
  const windows: Windows = { ...readWindows(join(dir, name, 'case.json')), experiments: [] }
  const truth = JSON.parse(readFileSync(join(dir, name, 'truth.json'), 'utf8'))
  const roots: readonly string[] = truth.rootCauses ?? [truth.rootCause]
  const counts = new Map<string, Count>()
  const set = name.split('-').slice(0, 2).join('-')
  const ofSet = totals.get(set) ?? new Map<string, Count>()
  totals.set(set, ofSet)
  const look = (how: string, rows: Uint32Array | undefined, seen: Windows): void => {
    const first = inquire(
      examine(seen, phaseSpans(seen, table.epochNs), {}, () => 0),
      [{ table, traces: rowsByTrace(table, rows) }],
    ).suspects[0]?.service
    for (const map of [counts, ofSet]) {
      const count = map.get(how) ?? { right: 0, all: 0 }
      map.set(how, { right: count.right + (roots.includes(first ?? '') ? 1 : 0), all: count.all + 1 })
    }
  }
  look('whole', undefined, windows)
  for (const share of [0.9, 0.7, 0.5, 0.3])
    for (let seed = 1; seed <= 4; seed++) look(`${100 * share} %`, sampled(table, share, seed), windows)
  for (const share of [0.9, 0.7])
    for (let seed = 1; seed <= 3; seed++)
      look(`${100 * share} % of spans`, spansSampled(table, share, seed), windows)
  for (const half of [0, 1]) {
    look('half the window', undefined, { ...windows, chaos: halves(windows.chaos, half) })
    look('half the baseline', undefined, { ...windows, baseline: halves(windows.baseline, half) })
  }
  for (const [fromS, toS] of SHIFTS) look('shifted', undefined, shifted(windows, fromS, toS))
  for (const service of new Set(table.resources.map((r) => r.service))) {
    if (roots.includes(service)) continue
    look(
      'a service less',
      rowsWhere(table, (row) => table.resources[table.resource[row]].service !== service),
      windows,
    )
  }
  if ([...counts.values()].some(({ right, all }) => right < all)) console.log(name.padEnd(70), textOf(counts))
}

function sampled(table: SpanTable, share: number, seed: number): Uint32Array {
  const luck = (row: number): number => {
    const mixed = Math.imul(traceHash(table.traceWords, row * 4) ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b)
    return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0) / 2 ** 32
  }
  return rowsWhere(table, (row) => luck(row) < share)
}

/** Spans lost one by one, wherever they belong. */
function spansSampled(table: SpanTable, share: number, seed: number): Uint32Array {
  return rowsWhere(table, (row) => {
    const mixed = Math.imul(
      table.spanWords[row * 2] ^ table.spanWords[row * 2 + 1] ^ Math.imul(seed, 0x9e3779b1),
      0x85ebca6b,
    )
    return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0) / 2 ** 32 < share
  })
}

/** The first or the second half of each interval. */
function halves(intervals: readonly Interval[], half: number): readonly Interval[] {
  return intervals.map(({ startNs, endNs }) => {
    const middleNs = (startNs + endNs) / 2n
    return half === 0 ? { startNs, endNs: middleNs } : { startNs: middleNs, endNs }
  })
}

function rowsWhere(table: SpanTable, isKept: (row: number) => boolean): Uint32Array {
  return Uint32Array.from({ length: table.length }, (_, row) => row).filter(isKept)
}

function shifted(windows: Windows, fromS: number, toS: number): Windows {
  const ns = (s: number): bigint => BigInt(s) * 1_000_000_000n
  const chaos = windows.chaos.map(({ startNs, endNs }) => ({
    startNs: startNs + ns(fromS),
    endNs: endNs + ns(toS),
  }))
  return { ...windows, chaos }
}

function textOf(counts: ReadonlyMap<string, Count>): string {
  return [...counts].map(([how, { right, all }]) => `${how} ${right}/${all}`).join('  ')
}
