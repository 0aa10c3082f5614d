import type { Forest } from '../assemble/forest.ts'
import { chaosEndOf, type Phases } from '../assemble/phases.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { summed } from '../numbers/sums.ts'
import { WELL_AGAIN } from './well-again.ts'

/** Messages that an instance took up after the fault: per step of time how many, and how many of them had lain too long. */
type TakenUp = { readonly all: Float64Array; readonly late: Float64Array }

/** By who sent and which instance took up: see `takerKey`. */
export type TakenAfter = ReadonlyMap<number, TakenUp>

/** When an instance had worked off what the fault let pile up, ns; none where it had not. */
export type BacklogEnds = ReadonlyMap<number, number>

type Windows = Pick<Phases, 'chaos' | 'recovery'>

/** The recovery in equal steps. */
type Steps = { readonly fromNs: number; readonly stepNs: number; readonly n: number }

const STEP_NS = 0.25e9
const STEPS_MAX = 512
/**
 * After so many messages, and as long as of requests (`WELL_AGAIN`), without one that had lain too long the queue is
 * empty. Who is busy lets one lie now and then, fault or not.
 */
const MESSAGES_WELL = 10

export function takerKey({ instance, services }: Forest, sender: number, p: number): number {
  return instance[p] * services.length + sender
}

function stepsOf(phases: Windows): Steps | undefined {
  if (phases.recovery.length === 0) return undefined
  const fromNs = chaosEndOf(phases)
  const lengthNs = Math.max(...phases.recovery.map(({ to }) => to)) - fromNs
  const stepNs = Math.max(STEP_NS, lengthNs / STEPS_MAX)
  return { fromNs, stepNs, n: Math.max(1, Math.ceil(lengthNs / stepNs)) }
}

/** Counts messages taken up after the fault. */
export class TakenCounter {
  readonly #steps: Steps | undefined
  readonly #taken = new Map<number, TakenUp>()

  constructor(phases: Windows) {
    this.#steps = stepsOf(phases)
  }

  add(key: number, atNs: number, late: 0 | 1): void {
    if (this.#steps === undefined || atNs < this.#steps.fromNs) return
    const { fromNs, stepNs, n } = this.#steps
    const known = this.#taken.get(key) ?? { all: new Float64Array(n), late: new Float64Array(n) }
    this.#taken.set(key, known)
    const step = Math.min(n - 1, Math.floor((atNs - fromNs) / stepNs))
    known.all[step] += 1
    known.late[step] += late
  }

  taken(): TakenAfter {
    return this.#taken
  }
}

export function joinedTaken(seen: readonly TakenAfter[]): TakenAfter {
  return joinedMaps(seen, (list) => ({
    all: summed(list.map(({ all }) => all)),
    late: summed(list.map(({ late }) => late)),
  }))
}

export function backlogEnds(taken: TakenAfter, phases: Windows): BacklogEnds {
  const steps = stepsOf(phases)
  const ends = new Map<number, number>()
  if (steps === undefined) return ends
  for (const [key, one] of taken) {
    const calmFrom = calmFromStep(one, steps)
    if (calmFrom !== undefined) ends.set(key, steps.fromNs + calmFrom * steps.stepNs)
  }
  return ends
}

function calmFromStep({ all, late }: TakenUp, { stepNs, n }: Steps): number | undefined {
  let [from, messages] = [0, 0]
  for (let i = 0; i < n; i++) {
    if (late[i] > 0) {
      from = i + 1
      messages = 0
      continue
    }
    messages += all[i]
    const forNs = (i + 1 - from) * stepNs
    const isCalm = forNs >= WELL_AGAIN.forNs && messages >= MESSAGES_WELL
    if (isCalm || (forNs >= WELL_AGAIN.surelyForNs && messages > 0)) return from
  }
  return undefined
}
