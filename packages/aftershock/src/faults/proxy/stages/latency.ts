import type { Random } from '../../../model/random.ts'
import type { StageSpec } from '../proxy.ts'
import { chance, crandom } from './crandom.ts'
import type { Shaper } from './shaper.ts'

type Latency = Extract<StageSpec, { kind: 'latency' }>

const NS_PER_MS = 1e6

/**
 * netem delay: each chunk is late by a draw from [latency − jitter, latency + jitter), counted from its
 * arrival. A reordered chunk is sent at once, but on a stream it still waits for those before it.
 *
 * @see chaosmesh.md 3.2 (delay, reorder) and 3.3 (handshake)
 */
export function latencyShaper(spec: Latency, random: Random): Shaper {
  const delayMs = delaySampler(spec, random)
  const overtakes = overtaking(spec, random)
  return {
    segmentBytes: undefined,
    heldBytesMax: Number.POSITIVE_INFINITY,
    dueMs: (_bytes, arrivalMs) => arrivalMs + (overtakes() ? 0 : delayMs()),
    connectDelayMs: () => (spec.handshake ? delayMs() : 0),
  }
}

/** Milliseconds, never negative: netem sends what is due in the past at once. */
export function delaySampler(spec: Latency, random: Random): () => number {
  const jitterNs = Math.round(spec.jitterMs * NS_PER_MS)
  if (jitterNs <= 0) return () => spec.latencyMs
  const next = crandom(random, spec.correlationPercent)
  const rangeNs = 2 * jitterNs
  // The kernel's 2σ overflows u32 above 2.147 s and its range is garbage there; ours is the documented one.
  const spreadNs = rangeNs <= 2 ** 32 ? () => next() % rangeNs : () => (next() / 2 ** 32) * rangeNs
  return () => Math.max(0, spec.latencyMs - spec.jitterMs + spreadNs() / NS_PER_MS)
}

function overtaking(spec: Latency, random: Random): () => boolean {
  const { reorder } = spec
  if (reorder === undefined || reorder.reorderPercent <= 0) return () => false
  const happens = chance(random, reorder.reorderPercent, reorder.correlationPercent)
  // tc turns a missing gap into 1; Chaos Mesh omits gap 0.
  const gap = Math.max(1, reorder.gap)
  let counter = 0
  return () => {
    if (counter < gap - 1 || !happens()) {
      counter += 1
      return false
    }
    counter = 0
    return true
  }
}
