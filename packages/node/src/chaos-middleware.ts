import { context, trace } from '@opentelemetry/api'
import { chaosAttributes } from './chaos-attributes.ts'
import type { ChaosOptions } from './chaos-span-processor.ts'
import { podExperiments } from './pod-experiments.ts'

/**
 * For Express, Connect and all that take `(request, response, next)`, where the SDK's processors are out of
 * reach: marks the span of the request that is active.
 */
export function chaosMiddleware(
  options: ChaosOptions = {},
): (request: unknown, response: unknown, next: () => void) => void {
  const pod = podExperiments(options.annotationsFile)
  return (_request, _response, next) => {
    const active = context.active()
    const attributes = chaosAttributes(active, pod)
    if (Object.keys(attributes).length > 0) trace.getSpan(active)?.setAttributes(attributes)
    next()
  }
}
