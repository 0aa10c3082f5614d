import { PROPAGATORS, PROPAGATORS_DEFAULT } from '../formats/propagation/propagation.ts'
import type { Problem } from '../model/problem.ts'
import type { Environment } from './export-settings.ts'

/** `OTEL_PROPAGATORS`; `none` gives no names. A name that is not known is left out with a warning. */
export function propagatorsOf(env: Environment): {
  readonly names: readonly string[]
  readonly warnings: readonly Problem[]
} {
  const asked = (env.OTEL_PROPAGATORS ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  if (asked.length === 0) return { names: PROPAGATORS_DEFAULT, warnings: [] }
  const names = [...new Set(asked)].filter((one) => PROPAGATORS[one] !== undefined)
  const strange = asked.filter((one) => one !== 'none' && PROPAGATORS[one] === undefined)
  const known = Object.keys(PROPAGATORS).join(', ')
  return {
    names,
    warnings: strange.map((one) => ({
      code: 'propagator',
      what: 'Cannot use OTEL_PROPAGATORS',
      why: `it must hold ${known} or none: current value is ${one}`,
      level: 'warning',
    })),
  }
}
