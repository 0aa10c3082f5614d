/** One side of a moment that nobody saw, and what it is known by. Our clock. */
export type Bound = { readonly atNs: bigint; readonly by: Evidence }

/** What a bound rests on, from the sharpest to the bluntest (docs/reference/windows.md). */
export type Evidence =
  /** `Applied` or `Recovered`, or the event that began it, with nanoseconds. */
  | 'event'
  /** The daemon had done its work: an event or a state of the Pod*Chaos object. */
  | 'pod-chaos'
  /** The controller had the record before this one done; it takes them in turn. */
  | 'record-before'
  /** A state reached us by watch. */
  | 'seen'
  /** The record's own list of events: whole seconds. */
  | 'record-second'
  /** A timestamp of the API server or the kubelet: whole seconds. */
  | 'second'
  /** The object's creation plus its duration. */
  | 'duration'
  /** Nothing else is known. */
  | 'none'

/** The sharpest of lower bounds, not after `limitNs`. */
export function latestOf(bounds: readonly (Bound | undefined)[], limitNs: bigint): Bound | undefined {
  return bounds.reduce<Bound | undefined>((best, one) => {
    if (one === undefined || one.atNs > limitNs) return best
    return best === undefined || one.atNs > best.atNs ? one : best
  }, undefined)
}

/** The sharpest of upper bounds, not before `limitNs`. */
export function earliestOf(
  bounds: readonly (Bound | undefined)[],
  limitNs: bigint | undefined,
): Bound | undefined {
  return bounds.reduce<Bound | undefined>((best, one) => {
    if (one === undefined || (limitNs !== undefined && one.atNs < limitNs)) return best
    return best === undefined || one.atNs < best.atNs ? one : best
  }, undefined)
}
