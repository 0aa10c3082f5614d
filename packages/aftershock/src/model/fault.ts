import type { Where } from './problem.ts'

/** Chaos Mesh's selector (chaosmesh.md 1.3). Everything ANDs, but `pods` overrides the rest. */
export type Selector = {
  readonly pods: Readonly<Record<string, readonly string[]>>
  readonly namespaces: readonly string[]
  readonly labelSelectors: Readonly<Record<string, string>>
  readonly expressionSelectors: readonly {
    readonly key: string
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
    readonly values: readonly string[]
  }[]
  readonly annotationSelectors: Readonly<Record<string, string>>
  readonly fieldSelectors: Readonly<Record<string, string>>
  readonly podPhaseSelectors: readonly string[]
  readonly nodes: readonly string[]
  readonly nodeSelectors: Readonly<Record<string, string>>
}

export type Mode =
  | { readonly kind: 'one' }
  | { readonly kind: 'all' }
  | { readonly kind: 'fixed'; readonly count: number }
  | { readonly kind: 'fixed-percent'; readonly percent: number }
  | { readonly kind: 'random-max-percent'; readonly percentMax: number }

export type Targeting = {
  readonly selector: Selector
  readonly mode: Mode
  readonly containerNames: readonly string[]
}

/** netem's parameters, percent 0–100, correlation percent; times in ms. */
export type Netem = {
  readonly delay?: {
    readonly latencyMs: number
    readonly jitterMs: number
    readonly correlationPercent: number
    readonly reorder?: {
      readonly reorderPercent: number
      readonly correlationPercent: number
      readonly gap: number
    }
  }
  readonly loss?: { readonly lossPercent: number; readonly correlationPercent: number }
  readonly duplicate?: { readonly duplicatePercent: number; readonly correlationPercent: number }
  readonly corrupt?: { readonly corruptPercent: number; readonly correlationPercent: number }
  /** Bytes per second. */
  readonly rate?: { readonly bytesPerSecond: number }
}

export type NetworkFault = {
  readonly kind: 'NetworkChaos'
  readonly action: 'netem' | 'delay' | 'loss' | 'duplicate' | 'corrupt' | 'partition' | 'bandwidth'
  readonly direction: 'to' | 'from' | 'both'
  readonly peers: Targeting | undefined
  readonly externalTargets: readonly string[]
  readonly netem: Netem
  readonly bandwidth:
    | { readonly bytesPerSecond: number; readonly limitBytes: number; readonly bufferBytes: number }
    | undefined
}

export type HttpFault = {
  readonly kind: 'HTTPChaos'
  readonly target: 'Request' | 'Response'
  readonly port: number
  readonly path: string | undefined
  readonly method: string | undefined
  readonly code: number | undefined
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly abort: boolean
  readonly delayMs: number | undefined
  readonly replace:
    | {
        readonly path?: string | undefined
        readonly method?: string | undefined
        readonly code?: number | undefined
        /** Base64, as written. */
        readonly body?: string | undefined
        readonly queries?: Readonly<Record<string, string>> | undefined
        readonly headers?: Readonly<Record<string, string>> | undefined
      }
    | undefined
  readonly patch:
    | {
        /** A JSON merge patch (RFC 7396) as text. */
        readonly bodyJson?: string | undefined
        readonly queries: readonly (readonly [string, string])[]
        readonly headers: readonly (readonly [string, string])[]
      }
    | undefined
}

export type PodFault = {
  readonly kind: 'PodChaos'
  readonly action: 'pod-kill' | 'pod-failure' | 'container-kill'
  readonly gracePeriodMs: number
}

export type StressFault = {
  readonly kind: 'StressChaos'
  readonly cpu: { readonly workers: number; readonly loadPercent: number } | undefined
  /** `size`: bytes, or a share (0–1) of the machine's or cgroup's memory; undefined = stress-ng's default 256 MB. */
  readonly memory:
    | {
        readonly workers: number
        readonly size: { readonly bytes: number } | { readonly share: number } | undefined
      }
    | undefined
}

/** A kind that we read and check, but that has no honest local form (IOChaos, JVMChaos, KernelChaos, clouds …). */
export type ClusterOnlyFault = {
  readonly kind: string
  readonly clusterOnly: true
  readonly action: string | undefined
}

export type FaultSpec = NetworkFault | HttpFault | PodFault | StressFault | ClusterOnlyFault

/** One chaos object of a manifest. */
export type Fault = {
  /** `NetworkChaos/<namespace>/<name>`. */
  readonly id: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly spec: FaultSpec
  /** Undefined for clouds. */
  readonly targeting: Targeting | undefined
  /** Undefined: until removed. */
  readonly durationMs: number | undefined
  /** From a `Schedule`, or the legacy `spec.scheduler`. */
  readonly schedule:
    | { readonly cron: string; readonly concurrencyPolicy: 'Forbid' | 'Allow'; readonly legacy: boolean }
    | undefined
  readonly labels: Readonly<Record<string, string>>
  /** The document as Chaos Mesh 2 takes it (legacy forms converted), ready to apply. */
  readonly manifest: Readonly<Record<string, unknown>>
  readonly where: Where
  /** Where its selectors stand; without, they are in the document at `where`. */
  readonly selectorWhere?: { readonly target: Where; readonly peer: Where } | undefined
}

/** A whole experiment file: its documents run together. */
export type Experiment = {
  readonly name: string
  readonly format: 'chaos-mesh' | 'chaos-toolkit'
  readonly file: string
  readonly text: string
  readonly faults: readonly Fault[]
}
