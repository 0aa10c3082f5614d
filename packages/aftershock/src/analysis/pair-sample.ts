import { select } from './compare.ts'
import { filled } from './filled.ts'

/** Calls per pair of instances that are looked at; medians of more do not differ. */
const PAIRS_MAX = 1000

/**
 * The pairs of least luck among those added: the same ones whatever the order and however they were shared
 * out. Columns rather than objects: a pair is drawn for most calls, and few stay.
 */
export class PairSample {
  /** Of all pairs, also those that were never added. */
  count = 0
  /** A pair of more luck than this is not among the sample: it need not be added. */
  luckMax = Number.POSITIVE_INFINITY
  #length = 0
  #luck = new Uint32Array(64)
  #offsetNs = new Float64Array(64)
  #slackNs = new Float64Array(64)

  add(luck: number, offsetNs: number, slackNs: number): void {
    if (this.#length === this.#luck.length) this.#makeRoom()
    const at = this.#length++
    this.#luck[at] = luck
    this.#offsetNs[at] = offsetNs
    this.#slackNs[at] = slackNs
  }

  finish(): Columns {
    const { luck, offsetNs, slackNs } = this.#columns()
    if (this.#length <= PAIRS_MAX)
      return { luck: luck.slice(), offsetNs: offsetNs.slice(), slackNs: slackNs.slice() }
    const luckMax = select(new Float64Array(luck), PAIRS_MAX - 1)
    const chosen: number[] = []
    const level: number[] = []
    for (let i = 0; i < luck.length; i++) {
      if (luck[i] < luckMax) chosen.push(i)
      else if (luck[i] === luckMax) level.push(i)
    }
    level.sort((a, b) => slackNs[a] - slackNs[b] || offsetNs[a] - offsetNs[b])
    chosen.push(...level.slice(0, PAIRS_MAX - chosen.length))
    return {
      luck: filled(new Uint32Array(PAIRS_MAX), chosen, (i) => luck[i]),
      offsetNs: filled(new Float64Array(PAIRS_MAX), chosen, (i) => offsetNs[i]),
      slackNs: filled(new Float64Array(PAIRS_MAX), chosen, (i) => slackNs[i]),
    }
  }

  #columns(): Columns {
    const n = this.#length
    return {
      luck: this.#luck.subarray(0, n),
      offsetNs: this.#offsetNs.subarray(0, n),
      slackNs: this.#slackNs.subarray(0, n),
    }
  }

  /** Drops those of too much luck; where most have the same luck, which sorting has to tell, it grows. */
  #makeRoom(): void {
    if (this.#length >= 2 * PAIRS_MAX) {
      this.luckMax = select(new Float64Array(this.#luck), PAIRS_MAX - 1)
      let kept = 0
      for (let i = 0; i < this.#length; i++) {
        if (this.#luck[i] > this.luckMax) continue
        this.#luck[kept] = this.#luck[i]
        this.#offsetNs[kept] = this.#offsetNs[i]
        this.#slackNs[kept++] = this.#slackNs[i]
      }
      this.#length = kept
      if (kept < 1.5 * PAIRS_MAX) return
    }
    const { luck, offsetNs, slackNs } = this.#columns()
    const rows = 2 * this.#luck.length
    this.#luck = new Uint32Array(rows)
    this.#offsetNs = new Float64Array(rows)
    this.#slackNs = new Float64Array(rows)
    this.#luck.set(luck)
    this.#offsetNs.set(offsetNs)
    this.#slackNs.set(slackNs)
  }
}

type Columns = {
  readonly luck: Uint32Array
  readonly offsetNs: Float64Array
  readonly slackNs: Float64Array
}
