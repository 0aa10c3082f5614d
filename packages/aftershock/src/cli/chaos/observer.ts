import type { Environment } from '../../engine/chaos-toolkit/configuration.ts'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import { NO_OBSERVER } from '../../engine/chaos-toolkit/observe-nothing.ts'
import type { RunObserver } from '../../engine/chaos-toolkit/ports.ts'
import type { Compatibility } from '../../engine/chaos-toolkit/run-context.ts'
import { systemClock } from '../../engine/clock.ts'
import type { ReportedSpan } from '../../engine/python/worker-channel.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import { toolkitTracer } from '../../telemetry/chaos-toolkit/toolkit-tracer.ts'

export type ObserverInput = {
  readonly env: Environment
  readonly log: ChaosLog
  readonly version: string
  readonly compatibility: Compatibility
}

/** Who traces the run, and how what it saw is sent before the process ends. */
export type ObservedRun = {
  readonly observer: RunObserver
  readonly onSpan: ((span: ReportedSpan) => void) | undefined
  /** Global controls may ask for tracing as well as the experiment. */
  readonly seeGlobals: (controls: readonly PyDict[]) => void
  readonly flush: () => Promise<void>
}

/** Every run is a trace; where it is sent, and whether, is for the environment and the experiment to say. */
export function observerFor({ env, log, version, compatibility }: ObserverInput): ObservedRun {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') {
    return { observer: NO_OBSERVER, onSpan: undefined, seeGlobals: () => {}, flush: async () => {} }
  }
  let globals: readonly PyDict[] = []
  const tracer = toolkitTracer({
    env,
    version,
    nowNs: systemClock().nowNs,
    random: Math.random,
    warn: (text) => log.warning(text),
    globalControls: () => globals,
    idsGoTo: compatibility === 'strict' ? 'nowhere' : 'journal',
  })
  return {
    observer: tracer.observer,
    onSpan: tracer.add,
    seeGlobals: (controls) => {
      globals = controls
    },
    flush: tracer.finish,
  }
}
