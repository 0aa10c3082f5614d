import type { RunResult, RunSummary, TraceFull } from '../../aftershock/src/model/result.ts'
import { unturned } from '../../aftershock/src/report/printable.ts'
import type { ReportPayload, ReportView } from '../../aftershock/src/report/report-view.ts'

/** Where the pages get a run from: inlined in a report, or the API of `aftershock serve`. */
export type DataSource = {
  view(): Promise<ReportView>
  /** Undefined: this trace cannot be had here. */
  trace(traceId: string): Promise<TraceFull | undefined>
}

export function inlinedSource(payload: ReportPayload): DataSource {
  const traces = new Map(payload.traces.map((trace) => [trace.traceId, trace]))
  return {
    view: async () => payload,
    trace: async (traceId) => traces.get(traceId) ?? uniqueByPrefix(traces, traceId),
  }
}

/** Reads `<template id="data">`; undefined on pages without one. */
export async function readInlined(root: Document): Promise<ReportPayload | undefined> {
  const template = root.getElementById('data')
  if (!(template instanceof HTMLTemplateElement)) return undefined
  const text = template.content.textContent?.trim() ?? ''
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return JSON.parse(await new Response(plain).text()) as ReportPayload
}

/** @throws Error with a sentence for people when the server refuses or cannot be reached */
export function apiSource(runId: string): DataSource {
  const base = `api/runs/${encodeURIComponent(runId)}`
  return {
    async view() {
      const found = (await getJson(base)) as RunResult
      // The server reads any trace of the run when it is asked for.
      const evidence = found.evidence.map((trace) => ({ ...trace, embedded: 'full' as const }))
      const result: RunResult = { ...found, evidence }
      return {
        result,
        inside: {
          traceIds: result.evidence.map((trace) => trace.traceId),
          tracesTotal: result.data.traces,
          bytes: undefined,
          bytesMax: 0,
          sideFile: undefined,
          redacted: [],
        },
      }
    },
    async trace(traceId) {
      return (await getJson(`${base}/traces/${encodeURIComponent(traceId)}`)) as TraceFull
    },
  }
}

export async function readRuns(): Promise<readonly RunSummary[]> {
  return (await getJson('api/runs')) as readonly RunSummary[]
}

export async function getJson(path: string, init?: RequestInit): Promise<unknown> {
  const token = apiToken()
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(path, { ...init, headers })
  if (answer.status === 401)
    throw new Error('This tab has no token: open the address that `aftershock serve` printed')
  if (!answer.ok) throw new Error(await whyOf(answer, path))
  return JSON.parse(unturned(await answer.text()))
}

/** Problems are told as JSON: `{ code, what, why }`. */
async function whyOf(answer: Response, path: string): Promise<string> {
  const told: unknown = await answer.json().catch(() => undefined)
  const why = typeof told === 'object' && told !== null && 'why' in told ? told.why : undefined
  return typeof why === 'string' ? why : `the server answered ${answer.status} for ${path}`
}

const TOKEN = 'aftershock-token'

/**
 * The token comes once in the hash (`#k=…`), which servers never see, and is then taken out of it. The tab
 * keeps it, so that it can be loaded again.
 */
export function apiToken(): string | undefined {
  const found = /^#k=([^/&]+)/.exec(location.hash)
  if (found?.[1] !== undefined) {
    sessionStorage.setItem(TOKEN, decodeURIComponent(found[1]))
    history.replaceState(undefined, '', '#/')
  }
  return sessionStorage.getItem(TOKEN) ?? undefined
}

function uniqueByPrefix(traces: ReadonlyMap<string, TraceFull>, start: string): TraceFull | undefined {
  const found = start.length < 4 ? [] : [...traces.keys()].filter((id) => id.startsWith(start))
  return found.length === 1 ? traces.get(found[0] ?? '') : undefined
}
