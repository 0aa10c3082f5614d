import type { Sent, Visit } from './scene.ts'
import type { Request, Simulated } from './simulate.ts'
import { timesOf, type World } from './world.ts'

/** `kind what caller>callee` (a service alone: `recovery backAfterMs payment`) → what is told of it. */
export type Numbers = ReadonlyMap<string, number>

/** Kinds of whose occurrences more is told than how many. */
const KINDS = ['timeout', 'retry', 'hedge', 'duplicate-work', 'queueing'] as const

/** What mechanisms did in numbers, of the occurrences that the same luck without the fault does not have. */
export function trueNumbers(world: World, hurt: Simulated, spared: Simulated): Numbers {
  const numbers = new Map<string, number>()
  for (const kind of KINDS) addOccurrences(numbers, kind, hurt, spared)
  addRepeated(numbers, hurt, spared)
  addLost(numbers, hurt, spared)
  addOpenings(numbers, world, hurt)
  addLoads(numbers, world, hurt)
  addRecovery(numbers, world, hurt, spared)
  return numbers
}

/** Places of an edge at which it happened because of the fault. */
function placesOf(key: string, hurt: Simulated, spared: Simulated): readonly string[] {
  const others = spared.happened.get(key)
  return [...(hurt.happened.get(key) ?? [])].filter((place) => others?.has(place) !== true)
}

function edgesOf(kind: string, { happened }: Simulated): readonly string[] {
  return [...happened.keys()].filter((key) => key.startsWith(`${kind} `)).map((key) => key.split(' ')[1])
}

function addOccurrences(
  numbers: Map<string, number>,
  kind: (typeof KINDS)[number],
  hurt: Simulated,
  spared: Simulated,
): void {
  for (const edge of edgesOf(kind, hurt)) {
    const places = placesOf(`${kind} ${edge}`, hurt, spared)
    const valuesOf = (what: string): readonly number[] => {
      const values = hurt.measured.get(`${kind} ${what} ${edge}`)
      return places.flatMap((place) => values?.get(place) ?? [])
    }
    const set = (what: string, value: number): unknown => numbers.set(`${kind} ${what} ${edge}`, value)
    if (places.length === 0) continue
    if (kind === 'timeout') set('timeoutMs', mostFrequent(valuesOf('limitMs')))
    if (kind === 'queueing') set('waitedMs', middle(valuesOf('waitedMs')))
    if (kind === 'hedge') set('won', sum(valuesOf('won')))
    if (kind === 'duplicate-work') {
      set('sideEffects', sum(valuesOf('sideEffects')))
      set('afterMs', sum(valuesOf('afterMs')))
    }
    if (kind !== 'retry') continue
    const extra = valuesOf('extraAttempts')
    set('extraAttempts', sum(extra))
    set('maxAttempts', 1 + Math.max(0, ...extra))
    set('rescued', sum(valuesOf('rescued')))
    for (const n of [1, 2])
      if (valuesOf(`pause ${n}`).length > 0) set(`pause${n}`, middle(valuesOf(`pause ${n}`)))
  }
}

/** Requests in which a call was answered well whose abandoned attempt before had written. */
function addRepeated(numbers: Map<string, number>, hurt: Simulated, spared: Simulated): void {
  for (const edge of edgesOf('duplicate-work', hurt)) {
    const wrote = hurt.measured.get(`duplicate-work sideEffects ${edge}`)
    const good = hurt.measured.get(`answer good ${edge}`)
    const twice = placesOf(`duplicate-work ${edge}`, hurt, spared).filter((place) => {
      const [call, n] = place.split(/@(?=\d+$)/)
      return wrote?.get(place) === 1 && [1, 2, 3, 4].some((k) => k > Number(n) && good?.has(`${call}@${k}`))
    })
    numbers.set(
      `duplicate-work repeated ${edge}`,
      new Set(twice.map((place) => place.slice(0, TRACE_ID))).size,
    )
  }
}

const TRACE_ID = 32

/** Share of fallbacks whose request failed all the same. */
function addLost(numbers: Map<string, number>, hurt: Simulated, spared: Simulated): void {
  const failed = new Set(hurt.requests.filter((request) => request.failed).map((request) => request.traceId))
  for (const kind of ['fallback', 'load-shed', 'timeout']) {
    for (const edge of edgesOf(kind, hurt)) {
      const places = placesOf(`${kind} ${edge}`, hurt, spared)
      if (places.length === 0) continue
      const lost = places.filter((place) => failed.has(place.slice(0, TRACE_ID)))
      numbers.set(`${kind} lost ${edge}`, lost.length / places.length)
    }
  }
}

/** Openings that rejected somebody, and how long breakers were open, in all. */
function addOpenings(numbers: Map<string, number>, world: World, { spells }: Simulated): void {
  const { baselineS, chaosS, recoveryS } = timesOf(world)
  const endMs = (baselineS + chaosS + recoveryS) * 1000
  for (const { caller, callee, spells: all } of spells) {
    const seen = all.filter(({ rejected, openedMs }) => rejected > 0 && openedMs >= baselineS * 1000)
    const openMs = sum(seen.map(({ openedMs, closedMs }) => Math.min(endMs, closedMs ?? endMs) - openedMs))
    for (const [what, value] of [
      ['openings', seen.length],
      ['openMs', openMs],
    ] as const) {
      const key = `circuit-breaker ${what} ${caller}>${callee}`
      if (seen.length > 0) numbers.set(key, (numbers.get(key) ?? 0) + value)
    }
  }
}

/** Attempts per logical call in chaos over the same in the baseline; and times that of the way there. */
function addLoads(numbers: Map<string, number>, world: World, { sentOn, requests }: Simulated): void {
  const [fromMs, toMs] = [
    timesOf(world).baselineS * 1000,
    (timesOf(world).baselineS + timesOf(world).chaosS) * 1000,
  ]
  const isBaseline = (r: Request): boolean => r.startMs + r.durationMs < fromMs
  const baseline = new Set(requests.filter(isBaseline).map((r) => r.traceId))
  const chaos = new Set(requests.filter((r) => !isBaseline(r) && r.startMs < toMs).map((r) => r.traceId))
  const per = (sent: ReadonlyMap<string, Sent>, traces: ReadonlySet<string>): number => {
    const all = [...sent].filter(([trace]) => traces.has(trace)).map(([, one]) => one)
    const calls = sum(all.map((one) => one.calls))
    return calls === 0 ? 1 : sum(all.map((one) => one.attempts)) / calls
  }
  const loads = [...sentOn].map(([edge, sent]) => ({
    edge,
    from: edge.slice(0, edge.indexOf('>')),
    to: edge.slice(edge.indexOf('>') + 1),
    loadX: per(sent, chaos) / per(sent, baseline),
  }))
  const above = new Map<string, number>()
  for (let tier = 0; tier < 8; tier++) {
    for (const { from, to, loadX } of loads)
      above.set(to, Math.max(above.get(to) ?? 1, Math.max(1, loadX) * (above.get(from) ?? 1)))
  }
  for (const { edge, from, loadX } of loads) {
    numbers.set(`retry loadX ${edge}`, loadX)
    numbers.set(`retry amplificationX ${edge}`, loadX * (above.get(from) ?? 1))
  }
}

/** The end of the last request that was worse than without the fault, after the fault's end: of users, and of each service. */
function addRecovery(numbers: Map<string, number>, world: World, hurt: Simulated, spared: Simulated): void {
  const { baselineS, chaosS } = timesOf(world)
  const [fromMs, toMs] = [baselineS * 1000, (baselineS + chaosS) * 1000]
  const nameOf = ({ service, op }: Visit): string => `${service} ${op}`
  const before = Map.groupBy(
    [...hurt.visits.values()].filter((visit) => !visit.failed && visit.endMs < fromMs),
    nameOf,
  )
  const high = new Map(
    [...before].map(([name, visits]) => {
      const sorted = visits.map((v) => v.endMs - v.startMs).sort((a, b) => a - b)
      return [name, sorted[Math.floor(0.99 * sorted.length)]]
    }),
  )
  const last = new Map<string, number>()
  for (const [place, visit] of hurt.visits) {
    const twin = spared.visits.get(place)
    const tookMs = visit.endMs - visit.startMs
    const isSlow =
      twin !== undefined &&
      tookMs > 2 * (twin.endMs - twin.startMs) &&
      tookMs > (high.get(nameOf(visit)) ?? Number.POSITIVE_INFINITY)
    const isBad = visit.failed ? twin?.failed !== true : isSlow
    if (!isBad || visit.endMs < fromMs) continue
    last.set(visit.service, Math.max(last.get(visit.service) ?? 0, visit.endMs - toMs))
    const isUsers = place.slice(TRACE_ID) === nameOf(visit)
    if (isUsers) last.set('users', Math.max(last.get('users') ?? 0, visit.endMs - toMs))
  }
  for (const [service, ms] of last) numbers.set(`recovery backAfterMs ${service}`, ms)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

function mostFrequent(values: readonly number[]): number {
  const groups = [...Map.groupBy(values, (value) => value)]
  return groups.sort((a, b) => b[1].length - a[1].length)[0]?.[0] ?? Number.NaN
}
