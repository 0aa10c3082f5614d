import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { ProblemError } from '../model/problem.ts'
import { ApiError } from './api-error.ts'
import { type KubeSettings, readKubeconfig } from './kubeconfig.ts'

export type HttpCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With the query. */
  readonly path: string
  readonly contentType?: string | undefined
  readonly body?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Bytes to and from one API server; who we are is read again when the server no longer knows us. */
export type Transport = {
  readonly server: string
  readonly context: string
  /** Of the context; `default` when it names none. */
  readonly namespace: string
  /** @throws ApiError with status 0 when nothing answers */
  send(call: HttpCall): Promise<http.IncomingMessage>
  /** Reads the credentials again: a token file or a kubeconfig may have been renewed. */
  renew(): void
  close(): void
}

const connectMs = 10_000

/** @throws ProblemError `kubeconfig-missing`, `context-unknown` (exit 4) */
export function openTransport(settings: KubeSettings): Transport {
  let config = readKubeconfig(settings)
  let agent: https.Agent | http.Agent | undefined
  let agentKey = ''
  const { server, context, namespace } = placeOf(config)
  const base = new URL(server)
  const optionsOf = async (call: HttpCall): Promise<https.RequestOptions> => {
    const options: https.RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const key = [options.ca, options.cert, options.key].map(String).join('|')
    if (agent === undefined || key !== agentKey) {
      agent?.destroy()
      agent = agentFor(config, base, options)
      agentKey = key
    }
    const headers = { accept: 'application/json', 'user-agent': 'aftershock', ...options.headers }
    // Without a length, Node sends the body of a DELETE unframed.
    const body =
      call.body === undefined
        ? {}
        : {
            'content-type': call.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(call.body),
          }
    return { method: call.method, agent, headers: { ...headers, ...body }, auth: options.auth ?? null }
  }
  return {
    server,
    context,
    namespace,
    send: async (call) => {
      const options = await optionsOf(call).catch((error: unknown) => {
        throw new ApiError(0, 'Credentials', messageOf(error))
      })
      return exchange(new URL(`${base.pathname.replace(/\/$/, '')}${call.path}`, base), options, call)
    },
    renew: () => {
      config = readKubeconfig(settings)
    },
    close: () => agent?.destroy(),
  }
}

function placeOf(config: KubeConfig): Pick<Transport, 'server' | 'context' | 'namespace'> {
  const context = config.getCurrentContext()
  const cluster = config.getCurrentCluster()
  if (cluster === null || cluster === undefined) {
    const names = config.getContexts().map((one) => one.name)
    throw new ProblemError(
      [
        {
          code: 'context-unknown',
          what: 'Cannot choose a cluster',
          why: `the context must be one of the kubeconfig: current value is ${JSON.stringify(context)}`,
          fix: names.length === 0 ? 'kubectl config view' : `use --context ${names.join(', --context ')}`,
        },
      ],
      4,
    )
  }
  const namespace = config.getContextObject(context)?.namespace ?? inClusterNamespace(context) ?? 'default'
  return { server: cluster.server, context, namespace }
}

function inClusterNamespace(context: string): string | undefined {
  if (context !== 'inClusterContext') return undefined
  try {
    return readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/namespace', 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Connections are kept: the library's own agents open one a request. Proxies stay with the library. */
function agentFor(config: KubeConfig, base: URL, options: https.RequestOptions): https.Agent | http.Agent {
  const { ca, cert, key, rejectUnauthorized, servername } = options
  if (config.getCurrentCluster()?.proxyUrl !== undefined && options.agent instanceof http.Agent)
    return options.agent
  if (base.protocol === 'http:') return new http.Agent({ keepAlive: true })
  return new https.Agent({
    keepAlive: true,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    ...(servername !== undefined && { servername }),
  })
}

function exchange(url: URL, options: https.RequestOptions, call: HttpCall): Promise<http.IncomingMessage> {
  const { request } = url.protocol === 'http:' ? http : https
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { ...options, ...(call.signal !== undefined && { signal: call.signal }) },
      resolve,
    )
    sent.setTimeout(connectMs, () => sent.destroy(new Error(`no answer within ${connectMs / 1000} s`)))
    sent.once('response', () => sent.setTimeout(0))
    sent.once('error', (error) => reject(new ApiError(0, codeOf(error), messageOf(error))))
    sent.end(call.body)
  })
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'Unreachable'
}

/** Several addresses that all refused come as one error without a text. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message || codeOf(error) : String(error)
}
