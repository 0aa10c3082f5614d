// node bench/worlds.ts [--seeds 5] [--random 20] [--shams 20]
// Scores the analysis on simulated worlds, whose truth is the same luck without the fault: one line a world, then all.
import { parseArgs } from 'node:util'
import { analyse, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import { randomWorld } from '../packages/aftershock/src/analysis/test-support/random-world.ts'
import { caseOf, type Truth } from '../packages/aftershock/src/analysis/test-support/truth.ts'
import type { World } from '../packages/aftershock/src/analysis/test-support/world.ts'
import { WORLDS } from '../packages/aftershock/src/analysis/test-support/worlds.ts'

type Score = { right: number; told: number; true: number }

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    random: { type: 'string', default: '20' },
    shams: { type: 'string', default: '20' },
  },
})
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1)
const MEASURES = ['failed', 'slow', 'mechanisms'] as const
const all = MEASURES.map((): Score => ({ right: 0, told: 0, true: 0 }))
const countErrors: number[] = []
let spans = 0

console.log(`${''.padEnd(64)}failed          slow            mechanisms`)
for (const [name, world] of Object.entries(WORLDS)) measure(name, world, seeds)
for (let seed = 1; seed <= Number(values.random); seed++) {
  const world = randomWorld(seed)
  const { kind, service } = world.fault ?? { kind: '', service: '' }
  measure(`by chance ${seed}: ${kind} of ${service}`, world, [seed])
}
let [alarms, attributedFalsely, requests] = [0, 0, 0]
for (let seed = 1001; seed <= 1000 + Number(values.shams); seed++) control(seed)

for (const [i, { right, told, true: real }] of all.entries()) {
  const [precision, recall] = [right / told, right / real]
  console.log(`${MEASURES[i]}: precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)} (${real})`)
}
countErrors.sort((a, b) => a - b)
console.log(`count error, 90th percentile: ${countErrors[Math.floor(0.9 * countErrors.length)]?.toFixed(4)}`)
console.log(
  `shams: ${alarms} of ${values.shams} with a finding, ${attributedFalsely} of ${requests} requests attributed`,
)
console.log(
  `${spans} spans, ${Object.keys(WORLDS).length} worlds with ${seeds.length} seeds each, and ${values.random} by chance`,
)

function measure(name: string, world: World, over: readonly number[]): void {
  const here = MEASURES.map((): Score => ({ right: 0, told: 0, true: 0 }))
  for (const seed of over) {
    const { table, windows, truth } = caseOf(world, seed)
    const findings = analyse({ table, windows })
    spans += table.length
    add(here[0], attributed(findings, 'failed'), truth.failed)
    add(here[1], attributed(findings, 'slow'), truth.slow)
    addMechanisms(here[2], findings, truth)
  }
  console.log(
    name.padEnd(64) + here.map((s) => `${s.right} of ${s.true} +${s.told - s.right}`.padEnd(16)).join(''),
  )
  for (const [i, score] of here.entries()) {
    all[i].right += score.right
    all[i].told += score.told
    all[i].true += score.true
  }
}

/** A system by chance whose fault does nothing, while one request in 250 fails anyway at each service. */
function control(seed: number): void {
  const world = randomWorld(seed)
  const service = world.fault?.service ?? ''
  const { table, windows } = caseOf(
    { ...world, errorShare: 0.004, fault: { service, kind: 'delay', ms: 0 } },
    seed,
  )
  const findings = analyse({ table, windows })
  const told = findings.mechanisms.filter((m) => m.verdict !== 'absent')
  const blamed = findings.traces.filter((t) => t.attributed)
  if (told.length > 0 || blamed.length > 0) alarms += 1
  attributedFalsely += blamed.length
  for (const impact of findings.impact) if (impact.phase !== 'baseline') requests += impact.requests
  spans += table.length
}

function attributed(findings: Findings, outcome: string): ReadonlySet<string> {
  const traces = findings.traces.filter((t) => t.attributed && t.outcome === outcome)
  return new Set(traces.map((t) => t.traceId))
}

function add(score: Score, told: ReadonlySet<string>, truth: ReadonlySet<string>): void {
  score.right += [...told].filter((id) => truth.has(id)).length
  score.told += told.size
  score.true += truth.size
}

/** Queueing is not counted by the simulation; fewer than 8 occurrences may be told or not. */
function addMechanisms(score: Score, findings: Findings, truth: Truth): void {
  const told = findings.mechanisms.filter((m) => m.verdict !== 'absent' && m.kind !== 'queueing')
  const sure = new Set([...truth.mechanisms].filter(([, n]) => n >= 8).map(([key]) => key))
  for (const m of told) {
    const key = `${m.kind} ${m.caller}>${m.callee}`
    const real = truth.mechanisms.get(key)
    if (real !== undefined && !sure.has(key)) continue
    score.told += 1
    if (real === undefined) continue
    score.right += 1
    countErrors.push(Math.abs(m.count - real) / real)
  }
  score.true += sure.size
}
