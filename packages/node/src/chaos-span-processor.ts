import type { Attributes, Context, HrTime } from '@opentelemetry/api'
import { chaosAttributes } from './chaos-attributes.ts'
import { podExperiments } from './pod-experiments.ts'

export type ChaosOptions = {
  /** Of the downward API; default `/etc/podinfo/annotations`. */
  readonly annotationsFile?: string | undefined
}

/** What is used of an SDK's span; the SDK's own type fits, and is not needed. */
type StartedSpan = {
  setAttributes(attributes: Attributes): unknown
  setAttribute(name: string, value: number): unknown
  readonly attributes?: Attributes
  readonly duration?: HrTime
}

export type ChaosSpanProcessor = {
  onStart(span: StartedSpan, parentContext: Context): void
  onEnding(span: StartedSpan): void
  onEnd(): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/**
 * A SpanProcessor for `new NodeSDK({ spanProcessors: [chaosSpanProcessor(), …] })`: put it before the one that
 * exports. It marks spans that start while an experiment acts on this pod, or whose request says so in baggage,
 * and gives them `request.duration_ms` when they end.
 */
export function chaosSpanProcessor(options: ChaosOptions = {}): ChaosSpanProcessor {
  const pod = podExperiments(options.annotationsFile)
  return {
    onStart: (span, parentContext) => {
      const attributes = chaosAttributes(parentContext, pod)
      if (Object.keys(attributes).length > 0) span.setAttributes(attributes)
    },
    onEnding: (span) => {
      const { attributes, duration } = span
      if (attributes?.['chaos.experiment.active'] !== true || duration === undefined) return
      span.setAttribute('request.duration_ms', duration[0] * 1_000 + Math.round(duration[1] / 1e3) / 1e3)
    },
    onEnd: () => undefined,
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  }
}
