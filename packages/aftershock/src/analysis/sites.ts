import { discoveries, moreOften } from './compare.ts'
import { type Components, Part } from './components.ts'
import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import type { Origins } from './origins.ts'
import { Phase, type Phases } from './phases.ts'
import { TupleIds } from './tuple-ids.ts'

/**
 * A place where requests can lose time or fail, compared between baseline and chaos: a service's own work
 * (`callee` -1), or an edge. `slow` sites count values in excess, `fail` sites failures that begin there.
 */
export type Site = {
  readonly what: 'self' | 'gap' | 'leaf' | 'fail'
  readonly service: number
  readonly callee: number
  /** For `fail`: `Fail`. */
  readonly as: number
  /** Opportunities and events by `Phase`. */
  readonly n: Float64Array
  readonly hits: Float64Array
  /** ns in excess, by `Phase`. */
  readonly excessNs: Float64Array
  /** For gaps: ns in excess on the way there, of `excessNs`, by `Phase`. */
  readonly thereNs: Float64Array
  /** Sum of what is normal for the same spans, ns, by `Phase`. */
  readonly normalNs: Float64Array
  p: number
  /** Happens more often than in the baseline: significant after correction, and by enough to matter. */
  shifted: boolean
}

export type Sites = {
  readonly list: readonly Site[]
  /** Position → its time site, -1 without. */
  readonly ofPart: Int32Array
  /** Position → its failure site when a failure begins there, -1 without. */
  readonly ofFailure: Int32Array
  /** 1 where the component is above what the baseline knows. */
  readonly excess: Uint8Array
}

const WHAT = { self: 0, gap: 1, leaf: 2, fail: 3 } as const
const NAMES = ['self', 'gap', 'leaf', 'fail'] as const
/** At most this share of the sites called shifted may be false. */
const FALSE_RATE = 0.001
const HITS_MIN = 3
/** A normal is known from this many spans of the baseline. */
export const SAMPLES_MIN = 4

export function sitesOf(forest: Forest, parts: Components, origins: Origins, phases: Phases): Sites {
  const ids = new TupleIds()
  const list: Site[] = []
  const site = (what: number, service: number, callee: number, as = 0): number => {
    const id = ids.id(what, service, callee + 1, as)
    if (id === list.length) list.push(newSite(NAMES[what], service, callee, as))
    return id
  }
  const n = forest.length
  const ofPart = new Int32Array(n).fill(-1)
  const ofFailure = new Int32Array(n).fill(-1)
  const excess = new Uint8Array(n)
  for (let p = 0; p < n; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (!Number.isNaN(parts.value[p])) {
      const normal = parts.normals[parts.group[p]]
      if (normal.n >= SAMPLES_MIN) {
        const what =
          parts.part[p] === Part.self ? WHAT.self : parts.part[p] === Part.gap ? WHAT.gap : WHAT.leaf
        ofPart[p] = site(what, forest.service[p], what === WHAT.self ? -1 : forest.callee[p])
        if (parts.value[p] > normal.high) excess[p] = 1
        addTo(list[ofPart[p]], phase, excess[p], parts.value[p] - normal.median, normal.median)
        if (excess[p] === 1 && what === WHAT.gap) {
          list[ofPart[p]].thereNs[phase] += parts.there[p] - parts.usualThere[parts.group[p]]
        }
      }
    }
    if (origins.begins[p] === 1) {
      const callee = forest.callee[p] !== -1 ? forest.callee[p] : origins.rejectedBy[p]
      ofFailure[p] = site(WHAT.fail, forest.service[p], callee, origins.as[p])
    }
  }
  countFailures(forest, list, ofFailure, phases)
  judge(list)
  return { list, ofPart, ofFailure, excess }
}

function newSite(what: Site['what'], service: number, callee: number, as: number): Site {
  const zeros = (): Float64Array => new Float64Array(4)
  return {
    what,
    service,
    callee,
    as,
    n: zeros(),
    hits: zeros(),
    excessNs: zeros(),
    thereNs: zeros(),
    normalNs: zeros(),
    p: 1,
    shifted: false,
  }
}

function addTo(site: Site, phase: number, hit: number, overNs: number, normalNs: number): void {
  site.n[phase] += 1
  site.normalNs[phase] += normalNs
  if (hit === 0) return
  site.hits[phase] += 1
  site.excessNs[phase] += overNs
}

/** Opportunities to fail: calls of the edge, requests of the service. */
function countFailures(forest: Forest, list: readonly Site[], ofFailure: Int32Array, phases: Phases): void {
  const services = forest.services.length
  const calls = new Float64Array(services * services * 4)
  const requests = new Float64Array(services * 4)
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (forest.callee[p] !== -1) calls[(forest.service[p] * services + forest.callee[p]) * 4 + phase] += 1
    else if (forest.owner[p] === p) requests[forest.service[p] * 4 + phase] += 1
    if (ofFailure[p] !== -1) list[ofFailure[p]].hits[phase] += 1
  }
  for (const site of list) {
    if (site.what !== 'fail') continue
    for (let phase = 0; phase < 4; phase++) {
      const made = site.callee === -1 ? 0 : calls[(site.service * services + site.callee) * 4 + phase]
      const asked = site.callee === -1 || site.as === Fail.rejected ? requests[site.service * 4 + phase] : 0
      site.n[phase] = Math.max(made, asked, site.hits[phase])
    }
  }
}

/**
 * Whether a site shifted when there already is a reason to look at it (it touches the target, or its cause
 * was attributed): the same effect is asked for, but only this much certainty.
 */
export function isShiftedAt(site: Site, level: number): boolean {
  if (site.shifted) return true
  return site.p < level && (matters(site, Phase.chaos) || matters(site, Phase.recovery))
}

function judge(list: readonly Site[]): void {
  for (const site of list) {
    site.p = Math.min(shiftP(site, Phase.chaos), shiftP(site, Phase.recovery))
  }
  const found = discoveries(
    list.map((site) => site.p),
    FALSE_RATE,
  )
  list.forEach((site, i) => {
    site.shifted = found[i] && (matters(site, Phase.chaos) || matters(site, Phase.recovery))
  })
}

/** The threshold was chosen from the baseline itself, so its own count is taken one larger than seen. */
function shiftP(site: Site, phase: number): number {
  const known = site.what === 'fail' ? 0 : 1
  const n0 = site.n[Phase.baseline] + known
  if (site.n[phase] === 0) return 1
  // A place that the baseline never saw has nothing to be compared with, but for failures: none of none.
  if (n0 < SAMPLES_MIN && site.what !== 'fail') return 1
  return moreOften(site.hits[Phase.baseline] + known, Math.max(n0, 1), site.hits[phase], site.n[phase])
}

export function rate(site: Site, phase: number): number {
  return site.n[phase] === 0 ? 0 : site.hits[phase] / site.n[phase]
}

function matters(site: Site, phase: number): boolean {
  const more = rate(site, phase) - rate(site, Phase.baseline)
  if (site.hits[phase] < HITS_MIN || rate(site, phase) < 2 * rate(site, Phase.baseline)) return false
  return site.what === 'fail' ? more > 0.003 : more > 0.015
}
