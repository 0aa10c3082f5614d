/** `aftershock.yaml`, decoded (design.md 5.2): the system under test and defaults. */
export type SystemFile = {
  readonly file: string | undefined
  readonly services: readonly ServiceConfig[]
  readonly load: LoadConfig | undefined
  readonly traces: TracesConfig
  readonly phases: PhasesConfig
  readonly guards: readonly string[]
  readonly hypotheses: readonly string[]
}

export type Address = { readonly host: string; readonly port: number }

export type ServiceConfig = {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Shell-free command line; undefined = already running. */
  readonly command: string | undefined
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Callers come here: our proxy takes this address. Undefined = not reachable through a proxy. */
  readonly listen: Address | undefined
  /** The process itself; replica i listens on port + i and is given it as PORT. */
  readonly upstream: Address | undefined
  readonly protocol: 'http' | 'grpc' | 'tcp'
  readonly replicas: number
}

export type LoadRequest = {
  /** Entry name in results, for example `POST /checkout`. */
  readonly name: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly weight: number
}

export type LoadConfig =
  | {
      readonly kind: 'requests'
      readonly requests: readonly LoadRequest[]
      readonly rps: number
      readonly timeoutMs: number
    }
  | { readonly kind: 'command'; readonly command: string }

export type TracesConfig = {
  readonly otlpHttp: Address
  readonly otlpGrpc: Address
  /** Where traces are read from instead of our own receiver. */
  readonly backend?: TraceBackend | undefined
  /** Another collector that gets the run's own trace, too. */
  readonly export?: TraceExport | undefined
}

export type TraceExport = {
  readonly endpoint: string
  readonly protocol?: 'http/protobuf' | 'http/json' | 'grpc' | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export type TraceBackend = {
  readonly kind: 'jaeger' | 'tempo' | 'zipkin' | 'clickhouse'
  readonly url: string
}

export type PhasesConfig = {
  readonly baselineMs: number
  /** Undefined: the manifest's duration, else 30 s. */
  readonly chaosMs: number | undefined
  /** `auto` waits until users are back, at most `recoveryMaxMs`. */
  readonly recovery: 'auto' | number
  readonly recoveryMaxMs: number
}

/** A replica that a selector can match, named as Chaos Mesh would name a pod. */
export type LocalPod = {
  readonly service: string
  readonly namespace: string
  /** `<service>-<index>`. */
  readonly pod: string
  readonly index: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
