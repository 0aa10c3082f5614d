import type { PhaseName } from './window.ts'

/** `result.json` (design.md 5.5, ux.md 3.2). Everything printed, drawn or served comes from here. */
export const RESULT_SCHEMA = 'aftershock.result/1'

export type Verdict = 'held' | 'broke' | 'inconclusive' | 'stopped'
/** observed: spans or proxy say so; inferred: a pattern, the rule is named; assumed: neither. */
export type Grade = 'observed' | 'inferred' | 'assumed'
/** Milliseconds; where it is a time, the offset from `run.startedAt`. */
export type Ms = number
/** RFC 3339, UTC. */
export type Iso = string
export type TraceRef = { readonly traceId: string; readonly spanId?: string; readonly note?: string }

export type RunSummary = {
  readonly id: string
  readonly name: string
  readonly experimentId: string
  readonly startedAt: Iso
  readonly durationMs: Ms
  readonly verdict: Verdict
  /** The one sentence, plain text, at most about 200 characters. */
  readonly headline: string
  /** `local`, `k8s:<context>` or `traces` (analysed after the fact). */
  readonly target: string
  readonly faults: readonly string[]
  /** Worst-hit entry in the chaos window: requests that failed because of the fault (or, as the unit then says, were slow), of all. */
  readonly reach: { readonly hit: number; readonly total: number; readonly unit: string } | null
  readonly recoveryMs: Ms | null
  readonly exitCode: number
  readonly git?: { readonly sha: string; readonly branch: string; readonly dirty: boolean }
  readonly tags: readonly string[]
}

export type RunResult = {
  readonly schema: typeof RESULT_SCHEMA
  readonly generator: { readonly version: string; readonly node: string }
  readonly run: RunSummary & { readonly seed: number; readonly command: string; readonly timezone: string }
  /** As a window file, so that a result is accepted as `--windows`. */
  readonly experiment: ExperimentJson | null
  readonly experiments: readonly ExperimentJson[]
  readonly windows: WindowsJson
  /** Address → name of peers that spans know by their address alone, where the system's file tells it. */
  readonly peers?: Readonly<Record<string, string>>
  readonly verdictReasons: readonly VerdictReason[]
  readonly phases: readonly Phase[]
  readonly faults: readonly FaultReport[]
  readonly journeys: readonly Journey[]
  readonly series: readonly Series[]
  readonly graph: Graph
  /** The steps of `chains[0]`. */
  readonly chain: readonly Step[]
  readonly chains: readonly Chain[]
  readonly mechanisms: readonly Mechanism[]
  readonly suspects: readonly Suspect[]
  /** Every affected request of the chaos and recovery windows. */
  readonly traces: readonly AffectedTrace[]
  readonly impact: readonly Impact[]
  readonly edges: readonly EdgeRow[]
  readonly recovery: Recovery
  readonly proof: Proof
  readonly evidence: readonly TraceMeta[]
  readonly quality: readonly QualityNote[]
  readonly data: DataFacts
  readonly journal: readonly JournalLine[]
}

export type ExperimentJson = {
  readonly name: string
  readonly kind: string
  readonly action?: string
  readonly mode?: string
  readonly targets: readonly {
    readonly service: string
    readonly namespace?: string
    readonly pods?: readonly string[]
  }[]
  readonly parameters: Readonly<Record<string, number | string | boolean>>
}
export type IntervalJson = { readonly start: Iso; readonly end: Iso }
export type WindowsJson = Partial<Record<PhaseName, IntervalJson | readonly IntervalJson[]>>

export type VerdictReason = {
  readonly ok: boolean
  readonly text: string
  /** Set for a hypothesis: its own words. */
  readonly probe?: string
  readonly expected?: string
  readonly actual?: string
  readonly phase?: PhaseName
}

export type Phase = {
  readonly name: PhaseName
  readonly from: Ms
  readonly to: Ms
  readonly requests: number
}

export type FaultReport = {
  readonly id: string
  /** Chaos Mesh kind and action, for example `NetworkChaos/delay`. */
  readonly kind: string
  readonly target: string
  /** For people: `payment +500 ms`. */
  readonly label: string
  readonly from: Ms
  readonly to: Ms
  readonly params: Readonly<Record<string, string | number>>
  readonly source: { readonly file: string; readonly line: number; readonly format: string }
  readonly effect: FaultEffect
  readonly removed:
    | { readonly at: Ms; readonly verifiedBy: string }
    | { readonly at: null; readonly problem: string }
}

/** seen of eligible: calls that met the fault, of those that could have. */
export type FaultEffect = {
  readonly confirmed: boolean
  readonly seen: number
  readonly eligible: number
  readonly unit: string
  /** Change against the baseline; `hist`: [upper bound ms, count]. */
  readonly deltaMs?: { readonly p50: Ms; readonly p95: Ms; readonly hist: readonly (readonly [Ms, number])[] }
  readonly why: string
}

/** Rates and latencies of one phase; latencies of successful answers only. */
export type Red = {
  readonly n: number
  readonly errors: number
  readonly p50Ok: Ms | null
  readonly p95Ok: Ms | null
  readonly p99Ok: Ms | null
}

export type Journey = {
  readonly id: string
  readonly label: string
  /** Entry operation, as `service operation`. */
  readonly entry: string
  readonly phases: Readonly<Record<PhaseName, Red>>
  readonly reach: { readonly hit: number; readonly total: number; readonly ci95: readonly [number, number] }
}

export type Series = {
  readonly id: string
  readonly journey: string
  readonly stepMs: Ms
  readonly t0: Ms
  readonly n: readonly number[]
  readonly errors: readonly number[]
  readonly p50Ok: readonly (Ms | null)[]
  readonly p95Ok: readonly (Ms | null)[]
  readonly marks: readonly {
    readonly at: Ms
    readonly kind: 'breaker' | 'restart' | 'deploy' | 'guard'
    readonly text: string
  }[]
}

export type GraphNode = {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly kind: 'service' | 'db' | 'queue' | 'external' | 'user'
  readonly state: 'origin' | 'failing' | 'slower' | 'steady' | 'silent'
  /** Calls from the fault; null = not reached by it. */
  readonly hops: number | null
  /** Of what the fault left steady or slower: requests that failed while it was on, though not because of it, more than before. */
  readonly otherFailures?: { readonly failed: number; readonly of: number }
  readonly hidden?: boolean
}
export type GraphEdge = {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly pts: readonly (readonly [number, number])[]
  readonly state: 'failing' | 'slower' | 'steady'
  readonly label: string
  readonly stepIds: readonly string[]
}
export type Graph = {
  readonly w: number
  readonly h: number
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly collapsed: { readonly count: number; readonly names: readonly string[] } | null
}

export type StepKind =
  | 'inject'
  | 'slow'
  | 'timeout'
  | 'retry'
  | 'breaker'
  | 'pool'
  | 'shed'
  | 'fallback'
  | 'hedge'
  | 'duplicate-work'
  | 'error'
  | 'user'

export type Step = {
  readonly id: string
  readonly n: number
  /** First seen; the order is by cause, then time, the user's effect last. */
  readonly at: Ms
  readonly where: { readonly service: string; readonly edge?: string; readonly op?: string }
  readonly kind: StepKind
  readonly text: string
  readonly detail: string
  readonly grade: Grade
  readonly rule: { readonly id: string; readonly text: string }
  readonly count: number
  readonly of: number
  readonly unit: string
  /** Ids of earlier steps. */
  readonly causes: readonly string[]
  readonly evidence: readonly TraceRef[]
  readonly alternatives?: readonly Reading[]
}

/** What else it may be; `weight`: share of the occurrences, 0 to 1, of which nothing but a pattern tells. */
export type Reading = { readonly text: string; readonly weight: number }

/** `share` of all attributed requests, 0 to 1. */
export type Chain = {
  readonly share: number
  readonly count: number
  readonly outcome: 'failed' | 'slow' | 'absorbed'
  readonly steps: readonly Step[]
}

export type MechanismKind =
  | 'timeout'
  | 'retry'
  | 'circuit-breaker'
  | 'fallback'
  | 'load-shed'
  | 'queueing'
  | 'hedge'
  | 'duplicate-work'

export type Mechanism = {
  readonly id: string
  readonly kind: MechanismKind
  /** Service names; `caller` is `""` for load-shed. */
  readonly caller: string
  readonly callee: string
  /** Occurrences in chaos and recovery that the fault brought about; see `background`. */
  readonly count: number
  readonly background: { readonly subtracted: number; readonly perMinute: number }
  readonly grade: Grade
  readonly verdict: 'helped' | 'hurt' | 'mixed' | 'absent'
  readonly rule: { readonly id: string; readonly text: string }
  readonly sentence: string
  readonly facts: readonly { readonly label: string; readonly value: string; readonly raw?: number }[]
  readonly evidence: readonly TraceRef[]
  readonly alternatives?: readonly Reading[]
  readonly estimate?: {
    readonly text: string
    readonly input: Readonly<Record<string, number>>
    readonly method: string
  }
  /** timeout: the limit the caller waits, the most frequent of `limits`. */
  readonly timeoutMs?: Ms
  readonly limits?: readonly { readonly timeoutMs: Ms; readonly count: number }[]
  /** retry: attempts a logical call may take, the first included. */
  readonly maxAttempts?: number
  readonly extraAttempts?: number
  /** retry: extra attempts of the edge in chaos and recovery that are not the fault's; with `extraAttempts` all of `edges[].phases.*.retries`. */
  readonly backgroundAttempts?: number
  readonly rescued?: number
  readonly backoffMs?: readonly Ms[]
  /** Attempts per logical call in the window, over the same in the baseline. */
  readonly loadX?: number
  /** retry: `loadX` times that of the retries on the way to the caller: what reaches the callee for each request at the top. */
  readonly amplificationX?: number
  /** circuit-breaker */
  readonly openings?: readonly {
    readonly instance: string
    readonly openedAt: Ms
    readonly closedAt: Ms | null
  }[]
  /** duplicate-work: those that wrote. */
  readonly sideEffects?: number
}

export type Suspect = { readonly service: string; readonly score: number; readonly why: string }

export type AffectedTrace = {
  readonly traceId: string
  readonly outcome: 'failed' | 'slow' | 'absorbed'
  readonly attributed: boolean
  readonly hung?: boolean
  readonly entry: string
  readonly phase: PhaseName
  readonly at: Ms
  readonly durationMs: Ms
  readonly stepIds: readonly string[]
}

export type Impact = {
  readonly entry: string
  readonly phase: PhaseName
  readonly requests: number
  readonly failed: number
  readonly slow: number
  /** Failed or slow because of the fault: the next two together. */
  readonly attributed: number
  readonly attributedFailed?: number
  readonly attributedSlow?: number
  readonly background: number
  /** Attributable share of requests, 0 to 1, and its 95 % interval. */
  readonly share: number
  readonly ci95: readonly [number, number]
}

export type EdgeRow = {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly op: string
  readonly phases: Readonly<
    Record<PhaseName, Red & { readonly attempts: number; readonly retries: number; readonly rps: number }>
  >
  readonly delta: { readonly errPts: number; readonly p95Pct: number | null; readonly loadX: number }
  readonly significant: boolean
  readonly errorTop: readonly { readonly type: string; readonly n: number }[]
}

export type Recovery = {
  readonly overallMs: Ms | null
  /** True when users stay worse than the baseline to the end of the data. */
  readonly metastable: boolean
  /** What keeps users down when `metastable`, where that is known. */
  readonly heldBy?: string
  readonly hops: readonly { readonly id: string; readonly backAfterMs: Ms | null; readonly heldBy?: string }[]
  readonly rule: string
}

/** Did the fault take effect, and is it gone. */
export type Proof = {
  readonly tookEffect: boolean
  readonly seen: number
  readonly eligible: number
  readonly unit: string
  readonly deltaMs: Ms | null
  readonly why: string
  readonly gone: boolean | null
  readonly goneWhy: string
}

export type TraceMeta = {
  readonly traceId: string
  readonly at: Ms
  readonly phase: PhaseName
  readonly journey: string
  readonly ok: boolean
  readonly outcome: string
  readonly durMs: Ms
  readonly spans: number
  readonly services: number
  readonly retries: number
  readonly fault: readonly string[]
  readonly stepIds: readonly string[]
  readonly twin?: string
  readonly embedded: 'full' | 'none'
}

/** One trace for the waterfall. Times in µs from the trace's start; raw, never corrected. */
export type TraceFull = {
  readonly traceId: string
  readonly startedAt: Iso
  readonly missingParents: number
  readonly skew?: readonly { readonly service: string; readonly estMs: Ms }[]
  readonly spans: readonly TraceSpan[]
  /** Names of attributes whose value looked secret and was taken out. */
  readonly redacted?: readonly string[]
}
export type SpanRole = 'timeout' | 'retry' | 'backoff' | 'breaker' | 'fallback' | 'abandoned' | 'side-effect'
export type TraceSpan = {
  readonly id: string
  readonly parent: string | null
  readonly service: string
  readonly op: string
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly start: number
  readonly dur: number
  readonly error?: string
  readonly fault?: string
  /** 1 = first. */
  readonly attempt?: number
  readonly timeoutMs?: Ms
  readonly marks?: readonly SpanRole[]
  /** µs of this span that lie after its caller's span ended. */
  readonly abandonedUs?: number
  readonly crit?: readonly (readonly [number, number])[]
  readonly attrs?: Readonly<Record<string, string | number | boolean>>
  readonly events?: readonly {
    readonly at: number
    readonly name: string
    readonly attrs?: Readonly<Record<string, string | number | boolean>>
  }[]
}

export type QualityNote = {
  readonly level: 'info' | 'warn' | 'blocker'
  readonly id: string
  readonly text: string
  readonly fix?: string
  readonly count?: number
}

export type DataFacts = {
  readonly spans: number
  readonly traces: number
  /** Spans whose parent is not there. */
  readonly orphans: number
  readonly duplicates: number
  /** Share of traces kept, 0 to 1, where known. */
  readonly sampled: number | null
  readonly clockSkew: readonly {
    readonly instance: string
    readonly service: string
    readonly estMs: Ms
    readonly pairs: number
  }[]
  /** Called, but without server spans. */
  readonly silent: readonly { readonly service: string; readonly calls: number }[]
  readonly services: readonly string[]
  readonly dropped: Readonly<Record<string, number>>
  readonly analysisMs: Ms
}

export type JournalLine = {
  readonly at: Ms
  readonly kind: 'phase' | 'fault' | 'probe' | 'guard' | 'rollback' | 'log'
  readonly text: string
  readonly level: 'info' | 'warn' | 'error'
}
