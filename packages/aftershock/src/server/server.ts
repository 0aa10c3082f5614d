import { timingSafeEqual } from 'node:crypto'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'
import type { Address } from '../model/system.ts'
import type { SpanStore } from '../store/span-store.ts'
import { answerProblem } from './answer-problem.ts'
import { addClusterRoutes, type ClusterPort } from './cluster-routes.ts'
import { addRunRoutes } from './run-routes.ts'
import type { PageAssets, RunsPort } from './runs-port.ts'
import { addTraceRoutes } from './trace-routes.ts'

export type ServerOptions = {
  readonly address: Address
  /** Needed for everything but the page itself; given to the browser in the URL's fragment. */
  readonly token: string
  readonly runs: RunsPort
  readonly store: SpanStore | undefined
  /** Undefined: no watcher of a cluster was named. */
  readonly cluster?: ClusterPort | undefined
  readonly page: PageAssets
  readonly version: string
}

export type Server = { readonly address: Address; close(): Promise<void> }

/**
 * The HTTP API and the web UI of `serve`.
 *
 * Reads and writes need the token (`Authorization: Bearer`, or `?token=` for event streams, which cannot send
 * headers). Only requests that name this host are answered, so that a page elsewhere cannot reach it by
 * rebinding a name.
 *
 * @throws ProblemError (exit code 4) when the address cannot be had
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const app = Fastify({ logger: false, bodyLimit: 1 << 20, forceCloseConnections: true })
  guard(app, options)
  app.get('/api/health', () => ({ status: 'ok', version: options.version }))
  addPage(app, options.page)
  addRunRoutes(app, options.runs)
  if (options.store !== undefined) addTraceRoutes(app, options.store)
  if (options.cluster !== undefined) addClusterRoutes(app, options.cluster)
  app.setNotFoundHandler((_, reply) => answerProblem(reply, 404, 'not-found', 'there is nothing here'))
  app.setErrorHandler((error, _, reply) => {
    const why = errorText(error)
    const status = (error as { readonly statusCode?: number }).statusCode ?? 500
    return answerProblem(reply, status, status < 500 ? 'bad-request' : 'server-error', why)
  })
  const { host, port } = options.address
  try {
    await app.listen({ host, port })
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
        ? 'the port must be free: it is in use'
        : `${error}`
    throw new ProblemError(
      [
        {
          code: 'port-in-use',
          what: 'Cannot serve',
          where: { file: `${host}:${port}` },
          why,
          fix: 'aftershock serve --port 4781',
        },
      ],
      4,
      error,
    )
  }
  const bound = app.server.address()
  return {
    address: { host, port: typeof bound === 'object' && bound !== null ? bound.port : port },
    close: () => app.close(),
  }
}

function guard(app: FastifyInstance, options: ServerOptions): void {
  const isLoopback = /^(127\.|::1$|localhost$)/.test(options.address.host)
  app.addHook('onRequest', async (request, reply) => {
    reply
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-store')
    reply.header(
      'content-security-policy',
      "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    const name = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
    if (isLoopback && !/^(127(\.\d+){3}|::1|localhost)$/.test(name)) {
      return answerProblem(
        reply,
        421,
        'wrong-host',
        `this server answers on this machine's own names: asked for ${name}`,
      )
    }
    if (!request.url.startsWith('/api/') || request.url.startsWith('/api/health')) return undefined
    if (!isTokenOf(request, options.token)) {
      return answerProblem(
        reply,
        401,
        'token',
        'the request must carry the token that `aftershock serve` printed',
      )
    }
    return undefined
  })
}

function isTokenOf(request: FastifyRequest, token: string): boolean {
  const query = request.query as Readonly<Record<string, unknown>>
  const given =
    request.headers.authorization?.replace(/^Bearer /, '') ??
    (typeof query.token === 'string' ? query.token : '')
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function addPage(app: FastifyInstance, page: PageAssets): void {
  app.get('/', (_, reply) => reply.type('text/html; charset=utf-8').send(page.html))
  app.get('/app.js', (_, reply) => reply.type('text/javascript; charset=utf-8').send(page.js))
  app.get('/style.css', (_, reply) => reply.type('text/css; charset=utf-8').send(page.css))
}
