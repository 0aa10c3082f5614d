import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { Case } from './cases.ts'
import { type Runner, runCase } from './run-case.ts'

const ROUNDS = 3

/** How long a traced experiment takes with collectors that are of no help: medians, start to exit. */
export async function collectorTable(reference: Runner, ours: Runner): Promise<string> {
  const lines = ['| collector | chaostoolkit-opentracing | aftershock |', '| --- | --- | --- |']
  for (const { what, server } of COLLECTORS) {
    const endpoint = await listening(server)
    if (what.startsWith('nobody')) await closed(server)
    const env: Readonly<Record<string, string>> =
      what === 'none is asked for' ? { OTEL_SDK_DISABLED: 'true' } : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
    const times = [await medianMs(reference, env), await medianMs(ours, env)]
    lines.push(`| ${what} | ${times.map((ms) => `${(ms / 1_000).toFixed(2)} s`).join(' | ')} |`)
    await closed(server)
  }
  return lines.join('\n')
}

const COLLECTORS: readonly { readonly what: string; readonly server: Server }[] = [
  { what: 'none is asked for', server: createServer() },
  { what: 'answers', server: answering(200) },
  { what: 'nobody listens', server: createServer() },
  { what: 'refuses with 400', server: answering(400) },
  { what: 'is busy with 503', server: answering(503) },
  {
    what: 'takes the connection and never answers',
    server: createServer((socket) => socket.on('error', () => undefined).resume()),
  },
]

function answering(status: number): Server {
  return createHttpServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end())
  })
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return
  await new Promise((resolve) => server.close(resolve))
}

async function medianMs(runner: Runner, env: Readonly<Record<string, string>>): Promise<number> {
  const control = { name: 'tracing', provider: { type: 'python', module: 'chaostracing.oltp' } }
  const method = [{ type: 'action', name: 'nothing', provider: { type: 'process', path: 'true' } }]
  const one: Case = {
    name: 'collector',
    argv: ['--no-version-check', 'run', 'e.json'],
    source: {
      name: 'e.json',
      text: JSON.stringify({ title: 't', description: 'd', controls: [control], method }),
    },
    files: {},
    env,
    isTimed: true,
  }
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) times.push((await runCase(runner, one, undefined)).wallMs)
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
}
