import { select } from './compare.ts'
import { picked } from './filled.ts'

/** Calls per pair of instances that are looked at; medians of more do not differ. */
const PAIRS_MAX = 1000

/** Columns rather than objects: a pair is drawn for most calls, and few stay. */
export type Pairs = {
  readonly luck: Float64Array
  /** Half the difference of the way back and the way there, ns. */
  readonly offsetNs: Float64Array
  /** Both ways together, ns. */
  readonly slackNs: Float64Array
}

/** Of many those of least luck: the same ones whatever the order and however they were shared out. */
export function leastLuck(pairs: Pairs): Pairs {
  const { luck, offsetNs, slackNs } = pairs
  if (luck.length <= PAIRS_MAX) return pairs
  const luckMax = select(luck.slice(), PAIRS_MAX - 1)
  const chosen: number[] = []
  const level: number[] = []
  for (let i = 0; i < luck.length; i++) {
    if (luck[i] < luckMax) chosen.push(i)
    else if (luck[i] === luckMax) level.push(i)
  }
  level.sort((a, b) => slackNs[a] - slackNs[b] || offsetNs[a] - offsetNs[b])
  chosen.push(...level.slice(0, PAIRS_MAX - chosen.length))
  return { luck: picked(luck, chosen), offsetNs: picked(offsetNs, chosen), slackNs: picked(slackNs, chosen) }
}
