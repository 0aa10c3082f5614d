import type { Random } from '../../../packages/aftershock/src/model/random.ts'

/** Chance for generators: everything comes from one seed. */
export type Choose = {
  readonly below: (n: number) => number
  readonly of: <T>(items: readonly T[]) => T
  /** True once in `n`. */
  readonly once: (n: number) => boolean
  readonly list: <T>(max: number, make: () => T) => T[]
}

export function choose(random: Random): Choose {
  const below = (n: number): number => Math.floor(random() * n)
  return {
    below,
    of: (items) => items[below(items.length)] as (typeof items)[number],
    once: (n) => below(n) === 0,
    list: (max, make) => Array.from({ length: below(max + 1) }, make),
  }
}
