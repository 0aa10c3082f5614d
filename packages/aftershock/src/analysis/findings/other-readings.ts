import type { Mechanism, MechanismKind } from '../../model/result.ts'
import type { Found } from './found.ts'

type Edge = Pick<Mechanism, 'caller' | 'callee'>

/** What else would look alike, by kind; the others are told by the spans themselves. */
const READINGS: Readonly<Partial<Record<MechanismKind, (edge: Edge) => string>>> = {
  timeout: ({ caller }) =>
    `${caller} was itself given up, or closed its span early, and did not wait to the end`,
  retry: ({ caller, callee }) => `${caller} asked ${callee} twice for different things`,
  'duplicate-work': ({ caller, callee }) => `${caller} never meant to wait for ${callee}`,
  'circuit-breaker': ({ caller, callee }) =>
    `${caller} left the call to ${callee} out for a reason of its own`,
  fallback: ({ caller, callee }) => `${caller} did not need ${callee} for these requests`,
  'load-shed': ({ callee }) => `${callee} failed at once for a reason other than its load`,
  queueing: ({ callee }) => `${callee} paused, or the way there took the time`,
  hedge: ({ caller }) => `${caller} made both calls for their own sake, and gave one up`,
}

/**
 * What else a mechanism may be: `weight` is the share of its occurrences that rest on the pattern alone, because no
 * error, status or span of them says it.
 */
export function otherReadings(
  { kind, caller, callee }: Mechanism,
  { count, told }: Pick<Found, 'count' | 'told'>,
): NonNullable<Mechanism['alternatives']> {
  const text = READINGS[kind]?.({ caller, callee })
  if (text === undefined || count === 0 || told >= count) return []
  return [{ text, weight: Math.round((1 - told / count) * 1e4) / 1e4 }]
}
