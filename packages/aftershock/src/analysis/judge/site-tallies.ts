/** What is counted at a site, by `Phase`. */
export type SiteTallies = {
  /** Opportunities and events. */
  readonly n: Float64Array
  readonly hits: Float64Array
  /** ns in excess; of failures, of the work that failed. */
  readonly excessNs: Float64Array
  /** For gaps: ns in excess on the way there, of `excessNs`; for own work: before its first call. */
  readonly thereNs: Float64Array
  /** For gaps: of `excessNs`, what is the caller's own time around calls that nobody told of. */
  readonly aroundNs: Float64Array
  /** What it took in all, and what the calls of those requests took besides, ns. */
  readonly ownNs: Float64Array
  readonly inCallsNs: Float64Array
  /** By how much longer than usual each must take to be in excess, ns. */
  readonly roomNs: Float64Array
  /** Of messages: those that lay far longer than any of the baseline's. */
  readonly far: Float64Array
}

/** Nothing seen yet. */
export function noTallies(): SiteTallies {
  const zeros = (): Float64Array => new Float64Array(4)
  return {
    n: zeros(),
    hits: zeros(),
    excessNs: zeros(),
    thereNs: zeros(),
    aroundNs: zeros(),
    ownNs: zeros(),
    inCallsNs: zeros(),
    roomNs: zeros(),
    far: zeros(),
  }
}

const NAMES = Object.keys(noTallies()) as readonly (keyof SiteTallies)[]

/** Adds what another partition counted. */
export function addTallies(known: SiteTallies, more: SiteTallies): void {
  for (const name of NAMES) for (let phase = 0; phase < 4; phase++) known[name][phase] += more[name][phase]
}
