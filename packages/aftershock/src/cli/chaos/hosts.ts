import type { ControlsOf } from '../../engine/chaos-toolkit/controls.ts'
import { httpProvider } from '../../engine/chaos-toolkit/http-provider.ts'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import type { ExtensionHost, PatternSearch, RequestExit } from '../../engine/chaos-toolkit/ports.ts'
import { processProvider } from '../../engine/chaos-toolkit/process-provider.ts'
import { processes } from '../../engine/chaos-toolkit/processes.ts'
import type { ProviderOf } from '../../engine/chaos-toolkit/run-context.ts'
import type { PythonHost } from '../../engine/python/python-host.ts'
import type { ReportedSpan } from '../../engine/python/worker-channel.ts'
import { nativeTracing } from '../../telemetry/chaos-toolkit/native-tracing.ts'
import { lazyHost } from './lazy-host.ts'
import { endingWhole } from './marked-processes.ts'

export type HostOptions = {
  /** `--python`. */
  readonly python: string | undefined
  readonly log: ChaosLog
  /** For `exit_gracefully()` and its like inside a worker. */
  readonly requestExit: RequestExit
  /** Spans that Python extensions make below an activity's. */
  readonly onSpan?: ((span: ReportedSpan) => void) | undefined
}

/** Everything that runs activities and controls, chosen once. */
export type Hosts = {
  readonly providerOf: ProviderOf
  readonly controlsOf: ControlsOf
  readonly search: PatternSearch
  readonly python: ExtensionHost & { readonly loaded: () => Promise<PythonHost> }
  readonly close: () => Promise<void>
}

/** A host is cheap until it is used: each loads its code, and starts its worker, at the first call. */
export function hostsFor(options: HostOptions): Hosts {
  const python = lazyHost(() => loadPython(options))
  const node = lazyHost(async () => (await import('../../engine/node/node-host.ts')).nodeHost)
  const extensions: Readonly<Record<string, ExtensionHost | undefined>> = { python, node }
  const own = {
    http: httpProvider(options.log),
    process: processProvider(options.log, endingWhole(processes())),
  }
  return {
    providerOf: (type) => (type === 'http' || type === 'process' ? own[type] : extensions[type]?.activities),
    controlsOf: (type) => {
      const controls = extensions[type]?.controls
      return controls === undefined ? undefined : nativeTracing(controls)
    },
    search: async (pattern, text) => python.search?.(pattern, text) ?? false,
    python,
    close: async () => {
      await Promise.all([python.close(), node.close()])
    },
  }
}

async function loadPython({ python, log, requestExit, onSpan }: HostOptions): Promise<PythonHost> {
  const { pythonHost } = await import('../../engine/python/python-host.ts')
  return pythonHost({
    interpreter: python,
    // Read when the worker starts: var files may have added to it.
    env: () => process.env,
    requestExit,
    log: (record) => {
      const level = LEVELS.find((one) => one === record.level) ?? 'info'
      log[level](record.message)
    },
    warn: (problem) => log.warning([problem.what, problem.why, problem.fix ?? ''].join(': ')),
    onSpan,
  })
}

const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const
