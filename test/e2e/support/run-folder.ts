import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { RunResult } from '../../../packages/aftershock/src/model/result.ts'
import type { TimedRunEvent } from '../../../packages/aftershock/src/model/run.ts'

/** What a run left in `.aftershock`. */
export type RunOnDisk = {
  readonly id: string
  readonly path: string
  readonly text: (file: string) => string
  readonly result: () => RunResult
  readonly events: () => readonly TimedRunEvent[]
  /** Every process that the run started, from its own records. */
  readonly pids: () => readonly number[]
}

/** The newest run of the folder. */
export function latestRun(folder: string): RunOnDisk {
  const home = join(folder, '.aftershock')
  const id = readFileSync(join(home, 'latest'), 'utf8').trim()
  const path = join(home, 'runs', id)
  const text = (file: string): string => readFileSync(join(path, file), 'utf8')
  const lines = <T>(file: string): readonly T[] =>
    text(file)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T)
  return {
    id,
    path,
    text,
    result: () => JSON.parse(text('result.json')) as RunResult,
    events: () => lines<TimedRunEvent>('events.ndjson'),
    pids: () =>
      existsSync(join(path, 'processes.ndjson'))
        ? lines<{ readonly pid: number }>('processes.ndjson').map((one) => one.pid)
        : [],
  }
}

export type UserSpan = {
  readonly traceId: string
  readonly name: string
  readonly startNs: bigint
  readonly durationMs: number
  /** 0: no answer. */
  readonly status: number
}

/** What the client saw: the root spans of the load, from the archive, in the order of their start. */
export function userSpans(run: RunOnDisk): readonly UserSpan[] {
  const text = gunzipSync(readFileSync(join(run.path, 'traces.otlp.jsonl.gz'))).toString()
  const found: UserSpan[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    for (const group of (JSON.parse(line) as Otlp).resourceSpans ?? []) {
      const service = group.resource?.attributes?.find((one) => one.key === 'service.name')?.value
      if (service?.stringValue !== 'users') continue
      for (const span of (group.scopeSpans ?? []).flatMap((scope) => scope.spans ?? []))
        if ((span.parentSpanId ?? '') === '') found.push(userSpan(span))
    }
  }
  return found.sort((a, b) => (a.startNs < b.startNs ? -1 : 1))
}

/** The requests that began in a phase of the run. */
export function userSpansIn(run: RunOnDisk, phase: 'baseline' | 'chaos' | 'recovery'): readonly UserSpan[] {
  const result = run.result()
  const times = result.phases.find((one) => one.name === phase)
  const originMs = Date.parse(result.run.startedAt)
  const offset = (span: UserSpan): number => Number(span.startNs) / 1e6 - originMs
  return userSpans(run).filter(
    (span) => times !== undefined && offset(span) >= times.from && offset(span) < times.to,
  )
}

type Attribute = {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: string | number }
}
type OtlpSpan = {
  readonly traceId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly Attribute[]
}
type Otlp = {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] }
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[]
  }[]
}

function userSpan(span: OtlpSpan): UserSpan {
  const status = span.attributes?.find((one) => one.key === 'http.response.status_code')?.value.intValue
  const startNs = BigInt(span.startTimeUnixNano)
  return {
    traceId: span.traceId,
    name: span.name,
    startNs,
    durationMs: Number(BigInt(span.endTimeUnixNano) - startNs) / 1e6,
    status: Number(status ?? 0),
  }
}
