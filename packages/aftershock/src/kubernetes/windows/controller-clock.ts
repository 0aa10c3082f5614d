import { greatestBigint } from '../../model/extremes.ts'

/** How the clock of Chaos Mesh's controller stands to ours, and how late a watch tells. */
export type ControllerClock = {
  /** The controller is ahead of us by at least and at most this; both 0: taken as one clock. */
  readonly aheadNsMin: bigint
  readonly aheadNsMax: bigint
  /** A change that a watch brought was made at most this long before we saw it. */
  readonly watchLatencyNsMax: bigint
}

export type ClockSample = {
  /** By the controller's clock. */
  readonly emittedNs: bigint
  /** By ours. */
  readonly seenNs: bigint
}

/** A delivery by watch takes at most this, at its best: what is more is the clocks' difference. */
const BEST_DELIVERY_NS = 250_000_000n
const SAMPLES_MIN = 3
const LATENCY_FLOOR_NS = 50_000_000n
/** Without samples: what a watch may take. */
export const UNKNOWN_CLOCK: ControllerClock = {
  aheadNsMin: 0n,
  aheadNsMax: 0n,
  watchLatencyNsMax: 1_000_000_000n,
}

/**
 * From events that a watch brought as they happened. None can be seen before it was emitted, so the controller
 * is ahead by at least `emitted − seen`; the quickest delivery takes at most a quarter of a second, so it is
 * ahead by at most that much more. When that leaves room for clocks that agree, they are taken to agree.
 *
 * @param samples - recent ones: clocks are set, and drift
 */
export function controllerClock(samples: readonly ClockSample[]): ControllerClock {
  if (samples.length === 0) return UNKNOWN_CLOCK
  const ahead = samples.map(({ emittedNs, seenNs }) => emittedNs - seenNs)
  const atLeast = greatestBigint(ahead)
  const atMost = atLeast + BEST_DELIVERY_NS
  const differ = atLeast > 0n || atMost < 0n
  const aheadNsMin = differ ? atLeast : 0n
  // A few late ones may be late, or the controller behind: until there are more, both are thought of.
  const isSure = atLeast > 0n || samples.length >= SAMPLES_MIN
  const aheadNsMax = !differ ? 0n : isSure ? atMost : 0n
  // Twice the slowest seen: the next may be slower still.
  const slowest = 2n * greatestBigint(ahead.map((one) => aheadNsMax - one))
  return {
    aheadNsMin,
    aheadNsMax,
    watchLatencyNsMax: slowest > LATENCY_FLOOR_NS ? slowest : LATENCY_FLOOR_NS,
  }
}

/** The earliest our clock can have shown when the controller's showed this. */
export function earliestOurs(clock: ControllerClock, controllerNs: bigint): bigint {
  return controllerNs - clock.aheadNsMax
}

/** The latest our clock can have shown when the controller's showed this. */
export function latestOurs(clock: ControllerClock, controllerNs: bigint): bigint {
  return controllerNs - clock.aheadNsMin
}
