import type { SpanTable } from '../model/span-table.ts'
import type { Windows } from '../model/window.ts'
import { affectedTraces } from './affected.ts'
import { breakers } from './breakers.ts'
import { hedges, queueing, shedding } from './capacity.ts'
import { duplicateWork } from './duplicate-work.ts'
import { examine } from './examine.ts'
import { fallbacks } from './fallbacks.ts'
import { retries } from './retries.ts'
import { timeouts } from './timeouts.ts'

export function analyse(input: { table: SpanTable; windows: Windows }) {
  const { facts, suspects, stages } = examine(input.table, input.windows, 0)
  const mechanisms = [
    ...timeouts(facts),
    ...retries(facts),
    ...breakers(facts),
    ...fallbacks(facts),
    ...duplicateWork(facts),
    ...shedding(facts),
    ...queueing(facts),
    ...hedges(facts),
  ]
  return { suspects, mechanisms, traces: affectedTraces(facts, () => []), stages }
}
