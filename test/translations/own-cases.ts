import { randomWorld } from '../../packages/aftershock/src/analysis/test-support/random-world.ts'
import { simulate } from '../../packages/aftershock/src/analysis/test-support/simulate.ts'
import { caseOf } from '../../packages/aftershock/src/analysis/test-support/truth.ts'
import type { Windows } from '../../packages/aftershock/src/model/window.ts'
import type { Said } from './said.ts'
import type { Truth } from './score.ts'

/** Systems drawn by chance in which something happens. */
const SEEDS: readonly number[] = [7, 8, 9, 10, 12, 14, 20, 21, 23]
/** Fewer occurrences may be told or not. */
const SURE = 8

export function* ownCases(): Iterable<{
  readonly name: string
  readonly spans: readonly Said[]
  readonly windows: Windows
  readonly truth: Truth
}> {
  for (const seed of SEEDS) {
    const world = randomWorld(seed)
    const { windows, truth } = caseOf(world, seed)
    const mechanisms = [...truth.mechanisms].map(([key, count]) => ({ ...edgeOf(key), count }))
    yield {
      name: `by chance ${seed}`,
      spans: simulate(world, seed, 'yes').spans,
      windows,
      truth: {
        rootCauses: [world.fault?.service ?? ''],
        failedByFault: [...truth.failed],
        slowByFault: [...truth.slow],
        mechanisms: mechanisms.filter(({ count }) => count >= SURE),
        maybe: [...mechanisms.filter(({ count }) => count < SURE), ...[...truth.maybe].map(edgeOf)],
      },
    }
  }
}

/** `timeout order>payment` */
function edgeOf(key: string): { readonly kind: string; readonly caller: string; readonly callee: string } {
  const [, kind, caller, callee] = /^(\S+) (.*)>(.*)$/.exec(key) ?? ['', '', '', '']
  return { kind, caller, callee }
}
