// node bench/worlds.ts [--seeds 5] [--kinds 0] [--random 20] [--wild 20] [--shams 20] [--after 0] [--worst 0]
// Scores the analysis on simulated worlds, whose truth is the same luck without the fault: one line a world, then all.
// Worlds drawn by chance take the seeds after `--after`; so do those of one kind (room, hedges, storms) with numbers by
// chance, `--kinds` of each. Wild ones are scored for themselves: little traffic, short
// windows, lost and sampled spans, services without client spans, conventions of all times.
// Then a line for each number that is told of a mechanism, or of recovery: by how much it is off (50th and 90th
// percentile, and the mean with its sign), of edges on which at least 8 happened; and the worst of them.
import { parseArgs } from 'node:util'
import { analyse, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import { DRAWN_KINDS } from '../packages/aftershock/src/analysis/test-support/drawn-kinds.ts'
import { type Off, offBy, summaryOf } from '../packages/aftershock/src/analysis/test-support/off-by.ts'
import { randomWorld } from '../packages/aftershock/src/analysis/test-support/random-world.ts'
import { toldNumbers } from '../packages/aftershock/src/analysis/test-support/told-numbers.ts'
import {
  type Case,
  caseOf,
  caseTold,
  type Truth,
} from '../packages/aftershock/src/analysis/test-support/truth.ts'
import { wildTelling, wildWorld } from '../packages/aftershock/src/analysis/test-support/wild-world.ts'
import type { World } from '../packages/aftershock/src/analysis/test-support/world.ts'
import { WORLDS } from '../packages/aftershock/src/analysis/test-support/worlds.ts'

type Score = { right: number; told: number; true: number }

/** Of fewer requests nobody can say which service hurt them. */
const HURT_MIN = 10
/** A mechanism with fewer occurrences may be told or not. */
const SURE = 8

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    kinds: { type: 'string', default: '0' },
    random: { type: 'string', default: '20' },
    wild: { type: 'string', default: '20' },
    shams: { type: 'string', default: '20' },
    after: { type: 'string', default: '0' },
    worst: { type: 'string', default: '0' },
  },
})
const after = Number(values.after)
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1 + after)
const MEASURES = ['failed', 'slow', 'mechanisms'] as const
const none = (): readonly Score[] => MEASURES.map(() => ({ right: 0, told: 0, true: 0 }))
let all = none()
let countErrors: number[] = []
let numbers: (Off & { readonly world: string })[] = []
/** Places of what was broken among the blind suspects, where enough was hurt to see it. */
let ranks: number[] = []
let spans = 0

console.log(`${''.padEnd(64)}failed          slow            mechanisms      suspect`)
for (const [name, world] of Object.entries(WORLDS)) measure(name, world, seeds, caseOf)
for (const [kind, worldOf] of Object.entries(DRAWN_KINDS))
  for (const seed of seedsOf(values.kinds)) measure(`${kind} ${seed}`, worldOf(seed), [seed], caseOf)
for (const seed of seedsOf(values.random)) {
  const world = randomWorld(seed)
  measure(`by chance ${seed}: ${faultOf(world)}`, world, [seed], caseOf)
}
summary(
  `${Object.keys(WORLDS).length} worlds with ${seeds.length} seeds each, ${values.kinds} of each kind, and ${values.random} by chance`,
)
;[all, countErrors, numbers, ranks] = [none(), [], [], []]
for (const seed of seedsOf(values.wild)) {
  const world = wildWorld(seed)
  measure(`wild ${seed}: ${faultOf(world)}`, world, [seed], (w) => caseTold(w, seed, wildTelling(seed)))
}
if (all[0].true > 0) summary(`${values.wild} wild worlds`)
let [alarms, attributedFalsely, requests] = [0, 0, 0]
for (const seed of seedsOf(values.shams)) {
  control(randomWorld(seed + 1000), (world) => caseOf(world, seed + 1000))
  control(wildWorld(seed + 1000), (world) => caseTold(world, seed + 1000, wildTelling(seed + 1000)))
}
console.log(
  `shams: ${alarms} of ${2 * Number(values.shams)} with a finding, ${attributedFalsely} of ${requests} requests attributed`,
)
console.log(`${spans} spans`)

function seedsOf(count: string): readonly number[] {
  return Array.from({ length: Number(count) }, (_, i) => i + 1 + after)
}

function faultOf({ fault }: World): string {
  return `${fault?.kind} of ${fault?.service}`
}

function summary(what: string): void {
  console.log(what)
  for (const [i, { right, told, true: real }] of all.entries()) {
    const [precision, recall] = [right / told, right / real]
    console.log(`  ${MEASURES[i]}: precision ${precision.toFixed(4)}, recall ${recall.toFixed(4)} (${real})`)
  }
  countErrors.sort((a, b) => a - b)
  console.log(
    `  count error, 90th percentile: ${countErrors[Math.floor(0.9 * countErrors.length)]?.toFixed(4)}`,
  )
  numberLines()
  const share = (places: number): string =>
    (ranks.filter((rank) => rank > 0 && rank <= places).length / ranks.length).toFixed(4)
  console.log(`  blind suspect first, in the first three: ${share(1)}, ${share(3)} (${ranks.length})`)
}

function numberLines(): void {
  const cells = (...values: readonly number[]): string => values.map((v) => v.toFixed(3).padStart(9)).join('')
  console.log(`  ${'number'.padEnd(32)}    n      p50      p90     mean`)
  for (const { number, n, errorP50, errorP90, bias } of summaryOf(numbers))
    console.log(`  ${number.padEnd(32)}${String(n).padStart(5)}${cells(errorP50, errorP90, bias)}`)
  const worst = numbers.toSorted((a, b) => Math.abs(b.error) - Math.abs(a.error))
  for (const off of worst.slice(0, Number(values.worst)))
    console.log(`  ${off.world}: ${off.number} ${off.of}: told ${off.told}, true ${off.true}`)
}

function measure(
  name: string,
  world: World,
  over: readonly number[],
  tell: (world: World, seed: number) => Case,
): void {
  const here = none()
  const places: number[] = []
  for (const seed of over) {
    const { table, windows, truth } = tell(world, seed)
    const findings = analyse({ table, windows })
    spans += table.length
    add(here[0], attributed(findings, truth, 'failed'), truth.failed)
    add(here[1], attributed(findings, truth, 'slow'), truth.slow)
    addMechanisms(here[2], findings, truth)
    const off = offBy(toldNumbers(findings), truth.numbers, (kind, of) => isSure(truth, `${kind} ${of}`))
    numbers.push(...off.map((one) => ({ ...one, world: `${name} #${seed}` })))
    if (truth.failed.size + truth.slow.size >= HURT_MIN) places.push(placeOf(world, table, windows))
  }
  ranks.push(...places)
  console.log(
    name.padEnd(64) +
      here.map((s) => `${s.right} of ${s.true} +${s.told - s.right}`.padEnd(16)).join('') +
      places.join(' '),
  )
  for (const [i, score] of here.entries()) {
    all[i].right += score.right
    all[i].told += score.told
    all[i].true += score.true
  }
}

/** Where the blind suspects have what was broken, or the unrelated incident; 0 when nowhere. */
function placeOf(world: World, table: Case['table'], windows: Case['windows']): number {
  const { suspects } = analyse({ table, windows: { ...windows, experiments: [] }, options: { sham: 'skip' } })
  const right = [world.fault?.service, world.incident?.service]
  return suspects.findIndex(({ service }) => right.includes(service)) + 1
}

/** A system whose fault does nothing, while one request in 250 or more fails anyway at each service. */
function control(world: World, tell: (world: World) => Case): void {
  const service = world.fault?.service ?? ''
  const errorShare = Math.max(0.004, world.errorShare ?? 0)
  const { incident: _, ...calm } = world
  const { table, windows } = tell({ ...calm, errorShare, fault: { service, kind: 'delay', ms: 0 } })
  const findings = analyse({ table, windows })
  const told = findings.mechanisms.filter((m) => m.verdict !== 'absent')
  const blamed = findings.traces.filter((t) => t.attributed)
  if (told.length > 0 || blamed.length > 0) alarms += 1
  attributedFalsely += blamed.length
  for (const impact of findings.impact) if (impact.phase !== 'baseline') requests += impact.requests
  spans += table.length
}

function attributed(findings: Findings, truth: Truth, outcome: string): ReadonlySet<string> {
  const traces = findings.traces.filter((t) => t.attributed && t.outcome === outcome)
  return new Set(traces.map((t) => t.traceId).filter((id) => truth.requests.has(id)))
}

function add(score: Score, told: ReadonlySet<string>, truth: ReadonlySet<string>): void {
  score.right += [...told].filter((id) => truth.has(id)).length
  score.told += told.size
  score.true += truth.size
}

function isSure(truth: Truth, key: string): boolean {
  return (truth.mechanisms.get(key) ?? 0) >= SURE && !truth.maybe.has(key)
}

/** Waiting is counted by the simulation for a turn alone, not where all slow down; fewer than 8 occurrences may be told or not. */
function addMechanisms(score: Score, findings: Findings, truth: Truth): void {
  const told = findings.mechanisms.filter(
    (m) =>
      m.verdict !== 'absent' &&
      (m.kind !== 'queueing' || truth.mechanisms.has(`queueing ${m.caller}>${m.callee}`)),
  )
  const sure = new Set([...truth.mechanisms].filter(([, n]) => n >= SURE).map(([key]) => key))
  for (const m of told) {
    const key = `${m.kind} ${m.caller}>${m.callee}`
    const real = truth.mechanisms.get(key)
    if ((real !== undefined && !sure.has(key)) || truth.maybe.has(key)) continue
    score.told += 1
    if (real === undefined) continue
    score.right += 1
    countErrors.push(Math.abs(m.count - real) / real)
  }
  score.true += sure.size
}
