/**
 * Smooth weighted round robin: in every run of picks as long as the weights' sum, each item comes exactly
 * as often as it weighs, spread as evenly as possible. Items without weight never come.
 *
 * @param items - at least one with a weight above 0
 * @see the upstream balancer of nginx, where the method is from
 */
export function pickByWeight<T extends { readonly weight: number }>(items: readonly T[]): () => T {
  const credits = items.map(() => 0)
  const sum = items.reduce((total, item) => total + item.weight, 0)
  return () => {
    let best = 0
    for (let i = 0; i < items.length; i++) {
      credits[i] += items[i].weight
      if (credits[i] > credits[best]) best = i
    }
    credits[best] -= sum
    return items[best]
  }
}
