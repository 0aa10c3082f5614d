import type { RunEvent } from '../model/run.ts'

/** What users met lately; latencies of successful answers, ms. */
export type LoadSample = {
  readonly requests: number
  readonly errors: number
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
  readonly p99Ms: number | undefined
}

/** The engine's view of the traffic. */
export type LoadView = {
  /** Over the last `ms`; `entry` undefined = all requests. */
  recent(ms: number, entry?: string): LoadSample
  entries(): readonly string[]
}

/** Written to disk before it returns. */
export type Recorder = { record(event: RunEvent): void }

/** Called about once a second during a run, for progress. */
export type Progress = (tick: ProgressTick) => void
export type ProgressTick = {
  readonly phase: 'warm-up' | 'baseline' | 'chaos' | 'recovery'
  readonly elapsedMs: number
  /** Undefined while waiting for users to be back. */
  readonly totalMs: number | undefined
  /** Of the last 5 s, and of this phase only. */
  readonly users: LoadSample
  readonly effects: readonly {
    readonly label: string
    readonly seen: number
    readonly eligible: number
    readonly unit: string
  }[]
}
