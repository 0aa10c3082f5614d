import { dictsIn } from '../../engine/chaos-toolkit/control-order.ts'
import type { RunOutcome } from '../../engine/chaos-toolkit/run.ts'
import { isDict, isList, isObject, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { Given } from './options.ts'

/** The reference's code: 0 only for a run that completed and did not deviate; where it crashes, 1. */
export function exitCodeOf({ journal, troubles }: RunOutcome, given: Given, keptAsText: number): number {
  if (journal.get('status') !== 'completed' || journal.get('deviated') === true) return 1
  if (troubles.length > 0 || keptAsText > 0) return 1
  const states = journal.get('steady_states')
  if (!isDict(states)) return 0
  if (given.texts.get('--on-gate-failure') === 'exit1' && isMissed(states.get('before'))) return 1
  if (given.texts.get('--exit-on-deviation') !== 'during') return 0
  return dictsIn(states.get('during')).some(isMissed) ? 1 : 0
}

function isMissed(state: PyValue | undefined): boolean {
  return isDict(state) && state.get('steady_state_met') === false
}

/** Where the journal holds what JSON or UTF-8 has no word for; the writer turns it into text. */
export function keepAsText(journal: PyDict): readonly string[] {
  const places: string[] = []
  const seen = new Set<PyValue>()
  const walk = (value: PyValue, path: string) => {
    if (isObject(value)) {
      if (value.json === undefined) places.push(`${path} (${value.pythonType})`)
      return
    }
    if (typeof value === 'string' && !value.isWellFormed()) places.push(`${path} (half a character)`)
    if (!isDict(value) && !isList(value)) return
    if (seen.has(value)) return
    seen.add(value)
    const items: Iterable<readonly [unknown, PyValue]> = isDict(value) ? value : value.entries()
    for (const [key, item] of items) walk(item, path === '' ? String(key) : `${path}.${key}`)
  }
  walk(journal, '')
  return places
}
