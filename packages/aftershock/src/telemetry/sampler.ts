import type { TraceContext } from '../model/trace-context.ts'
import type { Environment } from './export-settings.ts'

/** Whether a trace is exported; its ids are made and handed on either way. */
export type Sampler = (traceId: string, parent: TraceContext | undefined) => boolean

/**
 * `OTEL_TRACES_SAMPLER` and its argument. An experiment is rare and its trace is the record of what was done, so
 * what cannot be read samples everything.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function samplerOf(env: Environment): Sampler {
  const name = env.OTEL_TRACES_SAMPLER?.trim() ?? ''
  const isBased = name === '' || name.startsWith('parentbased_')
  const root = rootSampler(name.replace(/^parentbased_/, ''), env.OTEL_TRACES_SAMPLER_ARG)
  return (traceId, parent) => (isBased && parent !== undefined ? parent.isSampled : root(traceId))
}

function rootSampler(name: string, argument: string | undefined): (traceId: string) => boolean {
  if (name === 'always_off') return () => false
  if (name !== 'traceidratio') return () => true
  const ratio = Number(argument ?? 1)
  if (!(ratio >= 0 && ratio <= 1)) return () => true
  // The last 56 bits are the random ones (W3C Trace Context level 2).
  const bound = BigInt(Math.round(ratio * 2 ** 56))
  return (traceId) => BigInt(`0x${traceId.slice(-14)}`) < bound
}
