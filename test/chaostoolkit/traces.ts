import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startOtlpHttpReceiver } from '../../packages/aftershock/src/collector/otlp-http-receiver.ts'
import { inProcessSpanCollector } from '../../packages/aftershock/src/collector/span-collector.ts'
import { groupsOf } from '../../packages/aftershock/src/formats/otlp-groups.ts'
import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import type { Runner } from './run-case.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** The same experiment, traced by chaostoolkit-opentracing and by us, span by span. */
export type TraceComparison = {
  /** Markdown. */
  readonly table: string
  /** What the extension has and we have not. */
  readonly problems: readonly string[]
}

export async function compareTraces(reference: Runner, ours: Runner): Promise<TraceComparison> {
  const whole = [await tracedRun(reference, 'to the end'), await tracedRun(ours, 'to the end')] as const
  const cut = [await tracedRun(reference, 'until SIGINT'), await tracedRun(ours, 'until SIGINT')] as const
  const paths = [...new Set(whole.flatMap((one) => [...countsOf(one.spans).keys()]))].sort()
  const rows = [
    ...paths.map((path) => [path, ...whole.map((one) => `${countsOf(one.spans).get(path) ?? 0}`)]),
    ...FACTS.map(([what, tell]) => [what, ...whole.map(tell)]),
    ['after SIGINT: spans whose parent was exported', ...cut.map(withParent)],
    [
      'after SIGINT: span `method`',
      ...cut.map((one) => yes(one.spans.some(({ name }) => name === 'method'))),
    ],
  ]
  const table = ['| | chaostoolkit-opentracing | aftershock |', '| --- | --- | --- |']
  for (const row of rows) table.push(`| ${row.map((cell = '') => cell.replaceAll('|', '\\|')).join(' | ')} |`)
  return { table: table.join('\n'), problems: [...missingSpans(whole), ...missingAttributes(whole)] }
}

const INCOMING = '0af7651916cd43dd8448eb211c80319c'

/** Everything the extension is known to handle, and everything it is known to lose. */
function experimentAt(url: string): object {
  const shell = (command: string) => ({ type: 'process', path: 'sh', arguments: ['-c', command] })
  const action = (name: string, provider: object, more: object = {}) => ({
    type: 'action',
    name,
    provider,
    ...more,
  })
  const ask = { type: 'http', url: `${url}/plain` }
  const python = (module: string, func: string, given: object) => ({
    type: 'python',
    module,
    func,
    arguments: given,
  })
  return {
    title: 'one experiment, two tracers',
    description: 'd',
    controls: [
      {
        name: 'tracing',
        provider: { type: 'python', module: 'chaostracing.oltp', arguments: { trace_request: true } },
      },
    ],
    'steady-state-hypothesis': {
      title: 'steady',
      probes: [{ type: 'probe', name: 'steady', tolerance: 200, provider: ask }],
    },
    method: [
      action('asks', ask),
      action('has a context', shell('echo "$TRACEPARENT"')),
      action('fails', python('os', 'listdir', { path: '/no/such/folder' })),
      action('in background', shell('sleep 1'), { background: true }),
      action('stays', shell('touch here; sleep 2')),
    ],
    rollbacks: [action('undoes', shell('true'))],
  }
}

type Traced = {
  readonly spans: readonly SpanInput[]
  /** Requests that the experiment sent, and those of them that carried a context. */
  readonly requests: { readonly all: number; readonly traced: number }
  readonly journal: Journal
}

type Journal = {
  readonly trace_id?: string
  readonly steady_states?: { readonly during?: readonly object[] }
  readonly run?: readonly {
    readonly activity: { readonly name: string }
    readonly output?: { stdout?: string }
  }[]
}

async function tracedRun(runner: Runner, until: 'to the end' | 'until SIGINT'): Promise<Traced> {
  const collector = inProcessSpanCollector()
  const receiver = await startOtlpHttpReceiver({
    address: { host: '127.0.0.1', port: 0 },
    sink: collector.receive,
  })
  const requests = { all: 0, traced: 0 }
  const server = createServer((request, response) => {
    requests.all += 1
    if (request.headers.traceparent !== undefined) requests.traced += 1
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok": true}')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const folder = temporaryFolder('aftershock-traces-')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    writeFileSync(join(folder, 'e.json'), JSON.stringify(experimentAt(url)))
    await played(runner, folder, `http://127.0.0.1:${receiver.address.port}`, until)
    await receiver.close()
    const spans = groupsOf(await collector.finish()).flatMap((group) => group.spans)
    return {
      spans,
      requests,
      journal: JSON.parse(readFileSync(join(folder, 'journal.json'), 'utf8')) as Journal,
    }
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function played(runner: Runner, folder: string, endpoint: string, until: string): Promise<void> {
  const [file = '', ...first] = runner.command
  const flags = ['--hypothesis-strategy', 'continuously', '--hypothesis-frequency', '0.5']
  return new Promise((ended, failed) => {
    const child = spawn(file, [...first, '--no-version-check', 'run', 'e.json', ...flags], {
      cwd: folder,
      stdio: 'ignore',
      env: {
        ...process.env,
        ...runner.env,
        HOME: folder,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        TRACEPARENT: `00-${INCOMING}-b7ad6b7169203331-01`,
      },
    })
    child.once('error', failed)
    child.once('exit', () => ended())
    if (until === 'to the end') return
    const look = setInterval(() => {
      if (!existsSync(join(folder, 'here'))) return
      clearInterval(look)
      child.kill('SIGINT')
    }, 50)
    child.once('exit', () => clearInterval(look))
  })
}

/** `experiment > method > activity: x` → how often. */
function countsOf(spans: readonly SpanInput[]): ReadonlyMap<string, number> {
  const byId = new Map(spans.map((one) => [one.spanId, one]))
  const pathOf = (span: SpanInput): string => {
    const parent = byId.get(span.parentSpanId ?? '')
    return parent === undefined ? span.name : `${pathOf(parent)} › ${span.name}`
  }
  const counts = new Map<string, number>()
  for (const span of spans) counts.set(pathOf(span), (counts.get(pathOf(span)) ?? 0) + 1)
  return counts
}

const yes = (is: boolean): string => (is ? 'yes' : 'no')
const named = (one: Traced, name: string): SpanInput | undefined =>
  one.spans.find((span) => span.name === `activity: ${name}`)

const FACTS: readonly (readonly [string, (one: Traced) => string])[] = [
  [
    'rounds of the continuous hypothesis: spans of journal',
    (one) =>
      `${one.spans.filter((span) => span.attributes?.['chaostoolkit.hypothesis.iteration'] !== undefined).length} of ${one.journal.steady_states?.during?.length}`,
  ],
  ['http requests that carry the context', (one) => `${one.requests.traced} of ${one.requests.all}`],
  [
    'TRACEPARENT of a process activity is its span',
    (one) =>
      yes(
        (one.journal.run ?? []).some(
          ({ activity, output }) =>
            activity.name === 'has a context' &&
            (output?.stdout ?? '').includes(named(one, 'has a context')?.spanId ?? 'no span'),
        ),
      ),
  ],
  [
    'part of the trace in the environment (TRACEPARENT)',
    (one) => yes(one.spans.every((span) => span.traceId === INCOMING)),
  ],
  ['status ERROR of the failed activity', (one) => yes(named(one, 'fails')?.status === 2)],
  [
    'its exception event',
    (one) => yes((named(one, 'fails')?.events ?? []).some((event) => event.name === 'exception')),
  ],
  [
    'tolerance on a probe',
    (one) => yes(named(one, 'steady')?.attributes?.['chaostoolkit.tolerance'] !== undefined),
  ],
  ['kind CLIENT on http activities', (one) => yes(named(one, 'asks')?.kind === 3)],
  ['trace id in the journal', (one) => yes(one.journal.trace_id === one.spans[0]?.traceId)],
]

function withParent({ spans }: Traced): string {
  const ids = new Set(spans.map((one) => one.spanId))
  const children = spans.filter(
    (one) => one.parentSpanId !== undefined && one.parentSpanId !== 'b7ad6b7169203331',
  )
  return `${children.filter((one) => ids.has(one.parentSpanId ?? '')).length} of ${children.length}`
}

/** The client library's own spans below an activity are the one thing that is not ours to make: ours is the client span. */
function missingSpans([theirs, own]: readonly [Traced, Traced]): readonly string[] {
  const ours = countsOf(own.spans)
  return [...countsOf(theirs.spans).keys()]
    .filter((path) => !/ › (GET|POST)$/.test(path))
    .filter((path) => !ours.has(path))
    .map((path) => `no span ${path}`)
}

function missingAttributes([theirs, own]: readonly [Traced, Traced]): readonly string[] {
  return theirs.spans.flatMap((span) => {
    const ours = own.spans.filter((one) => one.name === span.name)
    return ours.length === 0
      ? []
      : Object.keys(span.attributes ?? {})
          .filter((key) => !ours.some((one) => one.attributes?.[key] !== undefined))
          .map((key) => `no attribute ${key} on ${span.name}`)
  })
}
