/** Points of the distribution function on [0, 1]. */
const STEPS = 4096
const ITERATIONS_MAX = 20_000

const known = new Map<number, Float64Array>()

/**
 * The share of events that a correlated loss, duplication, corruption or reordering really brings about.
 * Correlation in netem is not burstiness: it narrows the random numbers around one half, so that small
 * rates all but vanish (25 % at 25 % correlation is 16.7 %) and large ones grow.
 *
 * @returns percent, over a long run; at 100 % correlation the mean over runs (each is all or nothing)
 * @see chaosmesh.md 3.2, whose table of 4·10⁷ draws this agrees with
 */
export function effectiveRatePercent(percent: number, correlationPercent: number): number {
  const p = Math.min(100, Math.max(0, percent)) / 100
  const correlation = Math.min(100, Math.max(0, correlationPercent)) / 100
  if (p === 0 || p === 1 || correlation === 0 || correlation === 1) return p * 100
  return 100 * at(stationary(Math.min(correlation, 0.9995)), p)
}

/**
 * Distribution of x = (1 − a)·v + a·x' with v uniform: F(x) = a/(1−a) · (G(x/a) − G((x−(1−a))/a)), where
 * G is the integral of F. A contraction with factor a, so it is iterated to its fixed point.
 */
function stationary(a: number): Float64Array {
  const found = known.get(a)
  if (found !== undefined) return found
  let f = Float64Array.from({ length: STEPS + 1 }, (_, i) => i / STEPS)
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration++) {
    const g = integral(f)
    const next = f.map((_, i) => {
      const x = i / STEPS
      return Math.min(1, (a / (1 - a)) * (beyond(g, x / a) - beyond(g, (x - (1 - a)) / a)))
    })
    const moved = next.reduce((most, value, i) => Math.max(most, Math.abs(value - (f[i] ?? 0))), 0)
    f = next
    if (moved < 1e-9) break
  }
  known.set(a, f)
  return f
}

function integral(f: Float64Array): Float64Array {
  const g = new Float64Array(f.length)
  for (let i = 1; i < f.length; i++) g[i] = (g[i - 1] ?? 0) + ((f[i - 1] ?? 0) + (f[i] ?? 0)) / 2 / STEPS
  return g
}

/** G outside [0, 1]: F is 0 below and 1 above. */
function beyond(g: Float64Array, z: number): number {
  if (z <= 0) return 0
  if (z >= 1) return (g[STEPS] ?? 0) + (z - 1)
  return at(g, z)
}

function at(values: Float64Array, x: number): number {
  const index = Math.min(STEPS - 1, Math.floor(x * STEPS))
  const low = values[index] ?? 0
  return low + ((values[index + 1] ?? 0) - low) * (x * STEPS - index)
}
