import type { FastifyInstance, FastifyReply } from 'fastify'
import type { TimedRunEvent } from '../model/run.ts'
import { answerProblem } from './answer-problem.ts'
import type { RunsPort } from './runs-port.ts'

type Id = { readonly Params: { readonly id: string } }

const files = {
  'report.html': 'text/html; charset=utf-8',
  'summary.md': 'text/markdown; charset=utf-8',
  'junit.xml': 'application/xml',
  'journal.json': 'application/json',
} as const

/** `GET /api/runs`, `/api/runs/:id`, its traces, files and events; `POST /api/runs/:id/stop`. */
export function addRunRoutes(app: FastifyInstance, runs: RunsPort): void {
  app.get('/api/runs', () => runs.list().map((run) => summaryOf(runs, run)))
  app.get<Id>('/api/runs/:id', ({ params }, reply) => {
    const result = runs.result(params.id)
    return result ?? unknownRun(reply, params.id)
  })
  app.get<{ Params: { id: string; traceId: string } }>(
    '/api/runs/:id/traces/:traceId',
    async ({ params }, reply) => {
      const trace = await runs.trace(params.id, params.traceId)
      return (
        trace ?? answerProblem(reply, 404, 'trace-unknown', `run ${params.id} has no trace ${params.traceId}`)
      )
    },
  )
  app.get<{ Params: { id: string; file: string } }>('/api/runs/:id/files/:file', ({ params }, reply) => {
    const type = files[params.file as keyof typeof files]
    const content = type === undefined ? undefined : runs.file(params.id, params.file as keyof typeof files)
    if (content === undefined || type === undefined) return unknownRun(reply, params.id)
    // The report brings its own, stricter policy, in which its hashed script may run.
    return reply.removeHeader('content-security-policy').type(type).send(content)
  })
  app.get<Id>('/api/runs/:id/events', (request, reply) =>
    streamEvents(runs, request.params.id, lastId(request.headers), reply),
  )
  app.post<Id>('/api/runs/:id/stop', ({ params }, reply) => {
    const answer = runs.stop(params.id)
    if (answer === 'told') return { stopping: params.id }
    if (answer === 'unknown') return unknownRun(reply, params.id)
    return answerProblem(reply, 409, 'not-running', `run ${params.id} is not running`)
  })
}

function unknownRun(reply: FastifyReply, id: string): FastifyReply {
  return answerProblem(reply, 404, 'run-unknown', `there is no run ${id} with a result`)
}

/** The list needs headlines, not whole results. */
function summaryOf(runs: RunsPort, run: ReturnType<RunsPort['list']>[number]): object {
  const { running, verdict, path: _, exitCode: __, ...listed } = run
  const summary = runs.result(run.id)?.run
  if (summary !== undefined) return summary
  return {
    ...listed,
    headline: running ? 'is running' : listed.headline,
    // A run without a result has no verdict; the list says which of these it is, and the headline why.
    state: running ? 'running' : verdict === 'unreadable' ? 'unreadable' : 'unfinished',
    faults: [],
    tags: [],
    durationMs: 0,
    reach: null,
    recoveryMs: null,
    target: 'local',
    experimentId: run.name,
  }
}

function lastId(headers: Readonly<Record<string, unknown>>): number {
  const id = Number(headers['last-event-id'])
  return Number.isInteger(id) && id >= 0 ? id + 1 : 0
}

/** Server-sent events; `id:` counts the run's events, so that a browser that lost the line goes on where it was. */
async function streamEvents(
  runs: RunsPort,
  id: string,
  after: number,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const gone = new AbortController()
  const events = runs.events(id, after, gone.signal)
  if (events === undefined) return unknownRun(reply, id)
  reply.hijack()
  const { raw } = reply
  raw.on('close', () => gone.abort())
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'keep-alive',
  })
  raw.write('retry: 2000\n\n')
  let number = after
  let isOver = false
  for await (const event of events) {
    if (gone.signal.aborted) break
    isOver = event.type === 'run-ended'
    raw.write(
      `id: ${number}\nevent: ${kindOf(event)}\ndata: ${JSON.stringify({ ...event, text: textOf(event) })}\n\n`,
    )
    number += 1
  }
  // A browser asks again when a stream just ends; this says that nothing more will come.
  if (!isOver && !gone.signal.aborted)
    raw.write(`event: end\ndata: ${JSON.stringify({ text: 'no more events: nobody runs it now' })}\n\n`)
  raw.end()
  return reply
}

function kindOf(event: TimedRunEvent): string {
  if (event.type === 'phase') return 'phase'
  if (event.type === 'run-ended') return 'end'
  if (event.type === 'guard') return 'guard'
  if (event.type === 'effect') return 'probe'
  return event.type.startsWith('fault') ? 'fault' : 'log'
}

function textOf(event: TimedRunEvent): string {
  switch (event.type) {
    case 'phase':
      return event.phase
    case 'fault-applying':
      return `applying ${event.label}: ${event.how.join('; ')}`
    case 'fault-applied':
      return `${event.label} is in force`
    case 'fault-removed':
      return `${event.fault} removed, verified by ${event.verifiedBy}`
    case 'fault-stuck':
    case 'fault-failed':
      return `${event.fault}: ${event.why}`
    case 'fault-removing':
      return `removing ${event.fault}`
    case 'run-started':
      return `${event.command} (seed ${event.seed}, process ${event.pid})`
    case 'warden-started':
      return `the warden keeps proxies and leases (process ${event.pid})`
    case 'interrupted':
      return `interrupted by ${event.signal}: undoing`
    case 'guard':
      return `${event.text}: ${event.value}`
    case 'effect':
      return `${event.fault}: met by ${event.seen} of ${event.eligible} ${event.unit}`
    case 'log':
      return event.text
    case 'run-ended':
      return `ended: ${event.verdict}`
  }
}
