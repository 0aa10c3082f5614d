import type { Random } from '../../model/random.ts'
import type { Direction, LinkFault } from './proxy.ts'
import type { Shaper } from './stages/shaper.ts'
import { isBlackHole, shaperFor } from './stages/shaper-for.ts'
import { Tally } from './tally.ts'

/** A fault in force on one proxy. */
export class ActiveFault {
  readonly fault: LinkFault
  readonly tally: Tally
  isRemoved = false
  /** Wakes those who wait for the fault (a delayed HTTP request) when it is removed. */
  readonly gone = new AbortController()
  readonly #random: Random
  readonly #roundTripMs: (pod: string) => number
  readonly #shapers = new Map<string, Shaper>()

  constructor(fault: LinkFault, random: Random, roundTripMs: (pod: string) => number) {
    this.fault = fault
    this.tally = new Tally(random)
    this.#random = random
    this.#roundTripMs = roundTripMs
  }

  get isBlackHole(): boolean {
    return isBlackHole(this.fault.stage)
  }

  matches(pod: string, caller: string | undefined): boolean {
    const { pods, callers } = this.fault
    if (pods !== undefined && !pods.has(pod)) return false
    return callers === undefined || (caller !== undefined && callers.has(caller))
  }

  /** One for each pod and direction, as each pod has its own queueing discipline. */
  shaper(pod: string, direction: Direction): Shaper | undefined {
    const { stage, directions } = this.fault
    if (stage.kind === 'http' || !directions.includes(direction)) return undefined
    const key = `${direction} ${pod}`
    const known = this.#shapers.get(key)
    if (known !== undefined) return known
    const shaper = shaperFor(stage, this.#random, () => this.#roundTripMs(pod))
    this.#shapers.set(key, shaper)
    return shaper
  }

  connectDelayMs(pod: string): number {
    const directions: readonly Direction[] = ['up', 'down']
    return directions.reduce(
      (sum, direction) => sum + (this.shaper(pod, direction)?.connectDelayMs() ?? 0),
      0,
    )
  }
}
