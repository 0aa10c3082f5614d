/**
 * How many spans say with what probability their trace was kept, and how many spans they stand for: the share kept
 * is `told / standsFor`. Sums, so that tables and partitions add up; and the least and the largest of these shares.
 */
export type Sampling = {
  /** In trace state, which every span of a trace has. */
  readonly told: number
  readonly standsFor: number
  /** The same in attributes, which of a trace its root has. */
  readonly roots: number
  readonly rootsStandFor: number
  /** Roots that say that so many traces a second were kept, whatever share that is. */
  readonly limited: number
  readonly leastShare: number
  readonly mostShare: number
}

export const NOTHING_TOLD: Sampling = {
  ...{ told: 0, standsFor: 0, roots: 0, rootsStandFor: 0, limited: 0 },
  ...{ leastShare: 1, mostShare: 0 },
}

export function joinedSampling(a: Sampling, b: Sampling): Sampling {
  return {
    told: a.told + b.told,
    standsFor: a.standsFor + b.standsFor,
    roots: a.roots + b.roots,
    rootsStandFor: a.rootsStandFor + b.rootsStandFor,
    limited: a.limited + b.limited,
    leastShare: Math.min(a.leastShare, b.leastShare),
    mostShare: Math.max(a.mostShare, b.mostShare),
  }
}

/** Of chosen rows their part: a trace's spans all say the same. */
export function partOfSampling(
  { told, standsFor, roots, rootsStandFor, limited, ...shares }: Sampling,
  part: number,
): Sampling {
  return {
    ...shares,
    ...{ told: told * part, standsFor: standsFor * part },
    ...{ roots: roots * part, rootsStandFor: rootsStandFor * part, limited: limited * part },
  }
}

/** Thresholds are 56 bits: a trace is kept when its random number is not below. */
const RANDOM_VALUES = 1n << 56n
const THRESHOLD = /(?:^|[,;])\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;,\s]|$)/
/** What stood there before: a half, as often as told. 63 says that it is not known. */
const HALVINGS = /(?:^|[,;])\s*ot=(?:[^,]*;)?p:(\d|[1-5]\d|6[0-2])(?:[;,\s]|$)/

/**
 * The share of traces that a sampler keeps, from W3C trace state: `ot=th:c` keeps those above c000…, a quarter,
 * and so does `ot=p:2` of before 2024.
 *
 * @returns 0 to 1; undefined where nothing is told
 * @see https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/#sampling-threshold-value-th
 */
export function keptShareOf(traceState: string): number | undefined {
  const digits = THRESHOLD.exec(traceState)?.[1]
  if (digits === undefined) {
    const halvings = HALVINGS.exec(traceState)?.[1]
    return halvings === undefined ? undefined : 2 ** -Number(halvings)
  }
  return Number(RANDOM_VALUES - BigInt(`0x${digits.padEnd(14, '0')}`)) / Number(RANDOM_VALUES)
}
