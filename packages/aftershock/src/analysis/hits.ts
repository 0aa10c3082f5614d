import type { Facts } from './facts.ts'
import { Fail } from './failure.ts'
import { isFinding, type Occurrences, occurrencesOf } from './occurrences.ts'

/** Failed calls by edge that are neither time-outs nor rejections: refused, reset, answered with an error. */
export function callFailures(facts: Facts): readonly Occurrences[] {
  const { forest, fail, attribution } = facts
  return occurrencesOf(facts, (p) => {
    if (forest.callee[p] === -1 || forest.services[forest.service[p]].kind === 'user') return undefined
    if (fail[p] !== Fail.error && fail[p] !== Fail.network && fail[p] !== Fail.dns) return undefined
    return {
      caller: forest.service[p],
      callee: forest.callee[p],
      attributed: attribution.failed[p] === 1 ? 1 : 0,
    }
  }).filter((found) => isFinding(facts, found))
}
