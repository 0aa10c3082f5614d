import type { Forest } from '../assemble/forest.ts'
import type { Phases } from '../assemble/phases.ts'
import type { Origins } from './origins.ts'

/** Opportunities to fail: calls of the edge, requests of the service. */
export function opportunities(
  forest: Forest,
  { cause }: Origins,
  phases: Phases,
): Readonly<Record<'calls' | 'answered' | 'requests', Float64Array>> {
  const services = forest.services.length
  const calls = new Float64Array(services * services * 4)
  const answered = new Float64Array(services * services * 4)
  const requests = new Float64Array(services * 4)
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (forest.callee[p] !== -1) {
      const at = (forest.service[p] * services + forest.callee[p]) * 4 + phase
      calls[at] += 1
      if (cause[p] !== -1) answered[at] += 1
    } else if (forest.owner[p] === p) requests[forest.service[p] * 4 + phase] += 1
  }
  return { calls, answered, requests }
}
