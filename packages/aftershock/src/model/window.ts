/** The three phases of a run (design.md section 2). */
export type PhaseName = 'baseline' | 'chaos' | 'recovery'

/** Half open [startNs, endNs), nanoseconds since the Unix epoch. */
export type Interval = { readonly startNs: bigint; readonly endNs: bigint }

/** Where the fault was: what an analysis is told about the experiment. */
export type ExperimentFacts = {
  readonly name: string
  /** Chaos Mesh kind, for example `NetworkChaos`. */
  readonly kind: string
  readonly action: string | undefined
  readonly mode: string | undefined
  readonly targets: readonly TargetFacts[]
  /** As written, units in the names: `latencyMs`, `jitterMs`, `lossPercent`. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>
}

export type TargetFacts = {
  readonly service: string
  readonly namespace: string | undefined
  /** Pod or instance names; empty when the whole service was hit. */
  readonly pods: readonly string[]
}

/** What `analyze` is told (design.md 5.4). A window is a list: pooled baselines, paused faults. */
export type Windows = {
  readonly experiments: readonly ExperimentFacts[]
  readonly baseline: readonly Interval[]
  readonly chaos: readonly Interval[]
  readonly recovery: readonly Interval[]
  /** `127.0.0.1:21007` → `payment-db`: names of peers that spans know by their address alone, where anybody knows them. */
  readonly peers?: Readonly<Record<string, string>>
}
