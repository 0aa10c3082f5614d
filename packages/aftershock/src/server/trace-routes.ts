import type { FastifyInstance } from 'fastify'
import { goDurationMs } from '../formats/go-duration.ts'
import type { SpanStore, TraceFilter } from '../store/span-store.ts'
import { answerProblem } from './answer-problem.ts'
import { jaegerTrace } from './jaeger-json.ts'

type Query = { readonly Querystring: Readonly<Record<string, string | string[] | undefined>> }

/**
 * The query API of Jaeger (v1 JSON), so that Jaeger's UI and Grafana's Jaeger data source read what `serve`
 * keeps: `/api/services`, `/api/services/:service/operations`, `/api/traces`, `/api/traces/:id`.
 */
export function addTraceRoutes(app: FastifyInstance, store: SpanStore): void {
  app.get('/api/store', async () => {
    const { oldestNs, newestNs, ...stats } = await store.stats()
    return { ...stats, oldest: isoOf(oldestNs), newest: isoOf(newestNs) }
  })
  app.get('/api/services', async () => page(await store.services()))
  app.get<{ Params: { service: string } }>('/api/services/:service/operations', async ({ params }) =>
    page((await store.operations(params.service)).map((operation) => operation.name)),
  )
  app.get<Query>('/api/traces', async ({ query }, reply) => {
    const filter = filterOf(query)
    if (typeof filter === 'string') return answerProblem(reply, 400, 'bad-request', filter)
    const found = await store.findTraces(filter)
    return page(
      await Promise.all(found.map(async (trace) => jaegerTrace(await store.traceById(trace.traceId)))),
    )
  })
  app.get<{ Params: { id: string } }>('/api/traces/:id', async ({ params }, reply) => {
    const table = /^[0-9a-f]{1,32}$/i.test(params.id) ? await store.traceById(params.id) : undefined
    if (table === undefined || table.length === 0)
      return answerProblem(reply, 404, 'trace-unknown', `there is no trace ${params.id}`)
    return page([jaegerTrace(table)])
  })
}

function page(data: readonly unknown[]): object {
  return { data, total: data.length, limit: 0, offset: 0, errors: null }
}

/** @returns a sentence when a parameter cannot be read */
function filterOf(query: Query['Querystring']): TraceFilter | string {
  const text = (name: string): string | undefined => {
    const value = query[name]
    return Array.isArray(value) ? value[0] : value === '' ? undefined : value
  }
  const service = text('service')
  if (service === undefined) return "parameter 'service' is required"
  const operation = text('operation')
  const minDuration = text('minDuration')
  const minMs = minDuration === undefined ? undefined : goDurationMs(minDuration)
  if (minDuration !== undefined && minMs === undefined)
    return `minDuration must be a Go duration: current value is ${minDuration}`
  const attributes = attributesOf(text('tags'))
  if (attributes === undefined) return 'tags must be a JSON object of texts'
  const { error, ...rest } = attributes
  const [start, end] = [text('start'), text('end')]
  return {
    service,
    operation: operation === 'all' ? undefined : operation,
    durationNsMin: minMs === undefined ? undefined : minMs * 1e6,
    status: error === 'true' ? 'error' : undefined,
    attributes: Object.keys(rest).length === 0 ? undefined : rest,
    interval:
      start === undefined && end === undefined
        ? undefined
        : { startNs: micros(start, 0n), endNs: micros(end, 1n << 62n) },
    limit: Math.min(1000, Math.max(1, Number(text('limit') ?? 20) || 20)),
  }
}

function attributesOf(text: string | undefined): Readonly<Record<string, string>> | undefined {
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]))
  } catch {
    return undefined
  }
}

function micros(text: string | undefined, otherwise: bigint): bigint {
  return text !== undefined && /^\d{1,17}$/.test(text) ? BigInt(text) * 1_000n : otherwise
}

function isoOf(ns: bigint | undefined): string | null {
  return ns === undefined ? null : new Date(Number(ns / 1_000_000n)).toISOString()
}
