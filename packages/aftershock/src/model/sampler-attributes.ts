import { type RoleIndex, type RoleValues, roleIndex } from './span-roles.ts'

const HOW = roleIndex('sampled-how')
const SHARE = roleIndex('sampled-share')

/** Samplers that keep so many traces a second. */
const LIMITING: ReadonlySet<string> = new Set(['ratelimiting', 'lowerbound'])

/** Whether a span's attributes say how its trace came to be kept: roots of Jaeger's and Datadog's libraries do. */
export function tellsOfSampler({ present }: RoleValues): boolean {
  return (present & (1 << HOW)) !== 0
}

/**
 * With what probability its trace was kept, 0 to 1; `limited` where so many a second were; undefined where that is not
 * told, or the trace is here though its sampler left it out (a priority of 0 or less).
 *
 * @see https://www.jaegertracing.io/docs/1.22/sampling/ and Datadog's `_sampling_priority_v1`, `_dd.rule_psr`, `_dd.agent_psr`
 */
export function samplerShareOf(
  values: RoleValues,
  strings: readonly string[],
): number | 'limited' | undefined {
  const how = (strings[values.idOf(HOW)] ?? '').toLowerCase()
  if (LIMITING.has(how)) return 'limited'
  if (how === 'const') return 1
  const isKept = how === 'probabilistic' || numberIn(values, strings, HOW) > 0
  const share = isKept ? numberIn(values, strings, SHARE) : 0
  return share > 0 && share <= 1 ? share : undefined
}

/** Also of text, which may have a point or a sign. */
function numberIn(values: RoleValues, strings: readonly string[], role: RoleIndex): number {
  const number = values.numberOf(role)
  const text = Number.isNaN(number) ? (strings[values.idOf(role)] ?? '') : ''
  return text === '' ? number : Number(text)
}
