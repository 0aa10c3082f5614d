import type { RunResult, TraceFull } from '../model/result.ts'

/** What the components draw: a result, and how much of its traces is at hand. */
export type ReportView = {
  readonly result: RunResult
  readonly inside: Inside
}

export type Inside = {
  /** Ids of the traces that can be opened. */
  readonly traceIds: readonly string[]
  readonly tracesTotal: number
  /** Size of the file; undefined in the live UI. */
  readonly bytes: number | undefined
  readonly bytesMax: number
  /** Where the other traces are, relative to the report. */
  readonly sideFile: string | undefined
  /** Names of attributes whose value was taken out. */
  readonly redacted: readonly string[]
}

/** What `<template id="data">` holds, as gzip of JSON, in base64. */
export type ReportPayload = ReportView & { readonly traces: readonly TraceFull[] }
