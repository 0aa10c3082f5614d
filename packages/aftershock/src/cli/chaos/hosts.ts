import type { Environment } from '../../engine/chaos-toolkit/configuration.ts'
import type { ControlsOf } from '../../engine/chaos-toolkit/controls.ts'
import { httpProvider } from '../../engine/chaos-toolkit/http-provider.ts'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import type { ExtensionHost, PatternSearch, RequestExit } from '../../engine/chaos-toolkit/ports.ts'
import { processProvider } from '../../engine/chaos-toolkit/process-provider.ts'
import type { ProviderOf } from '../../engine/chaos-toolkit/run-context.ts'
import { pyError } from '../../engine/chaos-toolkit/stops.ts'

export type HostOptions = {
  /** `--python`. */
  readonly python: string | undefined
  readonly env: Environment
  readonly log: ChaosLog
  /** For `exit_gracefully()` and its like inside a worker. */
  readonly requestExit: RequestExit
}

/** Everything that runs activities and controls, chosen once. */
export type Hosts = {
  readonly providerOf: ProviderOf
  readonly controlsOf: ControlsOf
  readonly search: PatternSearch
  readonly python: ExtensionHost | undefined
  readonly close: () => Promise<void>
}

/** A host is cheap until it is used: each starts its worker, and loads its code, at the first call. */
export function hostsFor(options: HostOptions): Hosts {
  const extensions = extensionHosts(options)
  const own = { http: httpProvider(options.log), process: processProvider(options.log) }
  const python = extensions.python
  return {
    providerOf: (type) => (type === 'http' || type === 'process' ? own[type] : extensions[type]?.activities),
    controlsOf: (type) => extensions[type]?.controls,
    search: python?.search ?? (async (pattern) => pyError('re.error', noPython(pattern))),
    python,
    close: async () => {
      await Promise.all(Object.values(extensions).map((one) => one?.close()))
    },
  }
}

function noPython(pattern: string): string {
  return `the pattern ${pattern} needs Python's own engine, and no Python is at hand`
}

/** By `provider.type`. */
function extensionHosts(_options: HostOptions): Readonly<Record<string, ExtensionHost | undefined>> {
  return {}
}
