import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { System } from './system.ts'

/** An experiment for both runners. `argv` starts with the global options of `chaos`. */
export type Case = {
  readonly name: string
  readonly argv: readonly string[]
  readonly source: { readonly name: string; readonly text: string }
  readonly files: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  /** Counts of iterations depend on time: only status and deviation are compared. */
  readonly isTimed: boolean
}

const SHARED = resolve(import.meta.dirname, '../../../shared/conformance')

/** The recorded experiments, where they are at hand. */
export function corpusCases():
  | { readonly cases: readonly Case[]; readonly support: string; readonly stub: string }
  | undefined {
  const corpus = join(SHARED, 'chaostoolkit.jsonl')
  if (!existsSync(corpus)) return undefined
  const cases = readFileSync(corpus, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => corpusCase(JSON.parse(withoutPythonWords(line)) as CorpusLine))
  return { cases, support: join(SHARED, 'chaostoolkit-support'), stub: join(SHARED, 'stub.mjs') }
}

type CorpusLine = {
  readonly name: string
  readonly argv: readonly string[]
  readonly source_ext: string
  readonly experiment?: unknown
  readonly raw?: string
  readonly files?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}

function corpusCase(line: CorpusLine): Case {
  const files = Object.entries(line.files ?? {}).map(([name, text]) => [
    name,
    typeof text === 'string' ? text : JSON.stringify(text),
  ])
  return {
    name: line.name,
    argv: line.argv.slice(1),
    source: { name: `e.${line.source_ext}`, text: line.raw ?? JSON.stringify(line.experiment) },
    files: Object.fromEntries(files),
    env: line.env ?? {},
    isTimed: /continuous|during/.test(line.name),
  }
}

/** NaN and the infinities as Python writes them have no place in JSON; the corpus has them in journals only. */
export function withoutPythonWords(text: string): string {
  return text.replace(/(?<=[:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,\]}])/g, 'null')
}

/** Our own experiments: each uses a real extension package as its users do. */
export function extensionCases(system: System): readonly Case[] {
  const control = (name: string, module: string, args: object = {}) => ({
    name,
    provider: { type: 'python', module, arguments: args },
  })
  const probe = (value: unknown, tolerance: unknown, one: object) => ({
    ...one,
    type: 'probe',
    tolerance,
    value,
  })
  const k8s = { k8s: { KUBERNETES_HOST: system.url } }
  const withSecrets = { secrets: ['k8s'] }
  return [
    extensionCase('kubernetes: count, add latency to and delete pods', {
      secrets: k8s,
      'steady-state-hypothesis': {
        title: 'one pod',
        probes: [
          probe(
            1,
            1,
            python(
              'count',
              'chaosk8s.pod.probes',
              'count_pods',
              { label_selector: 'app=payment', phase: 'Running' },
              withSecrets,
            ),
          ),
        ],
      },
      method: [
        python(
          'delay',
          'chaosk8s.chaosmesh.network.actions',
          'add_latency',
          { name: 'slow', latency: '100ms', label_selectors: 'app=payment' },
          withSecrets,
        ),
        python(
          'kill',
          'chaosk8s.pod.actions',
          'terminate_pods',
          { label_selector: 'app=payment', grace_period: 0 },
          withSecrets,
        ),
        python(
          'missing',
          'chaosk8s.crd.actions',
          'delete_custom_object',
          { group: 'x.y', version: 'v1', plural: 'zs', name: 'n', ns: 'default' },
          withSecrets,
        ),
      ],
      rollbacks: [
        python(
          'undo',
          'chaosk8s.chaosmesh.network.actions',
          'delete_network_fault',
          { name: 'slow' },
          withSecrets,
        ),
      ],
    }),
    extensionCase('toxiproxy: a latency toxic, taken away again', {
      configuration: { toxiproxy_host: system.host, toxiproxy_port: system.port },
      method: [
        python('exists', 'chaostoxi.proxy.probes', 'proxy_exist', { proxy_name: 'web' }),
        python('slow', 'chaostoxi.toxic.actions', 'create_latency_toxic', {
          for_proxy: 'web',
          toxic_name: 'slow',
          latency: 1000,
          jitter: 10,
        }),
        python('off', 'chaostoxi.proxy.actions', 'disable_proxy', { proxy_name: 'web' }),
      ],
      rollbacks: [
        python('back', 'chaostoxi.toxic.actions', 'delete_toxic', { for_proxy: 'web', toxic_name: 'slow' }),
      ],
    }),
    extensionCase('prometheus: a query judged by its path', {
      configuration: { prometheus_base_url: system.url },
      'steady-state-hypothesis': {
        title: 'up',
        probes: [
          probe(
            1,
            { type: 'jsonpath', path: '$.data.result[*].metric.job', expect: 'shop' },
            python('up', 'chaosprometheus.probes', 'query', { query: 'up' }),
          ),
        ],
      },
      method: [
        python('range', 'chaosprometheus.probes', 'query_interval', {
          query: 'up',
          start: '2024-01-01T00:00:00Z',
          end: '2024-01-01T00:01:00Z',
        }),
      ],
    }),
    extensionCase('prometheus: its control counts experiments', {
      controls: [control('metrics', 'chaosprometheus.metrics', { pushgateway_url: system.url })],
      method: [python('p', 'os.path', 'basename', { p: '/a/b' })],
    }),
    extensionCase('addons: bypass and repeat', {
      controls: [control('bypass', 'chaosaddons.controls.bypass', { target_names: ['skipped'] })],
      method: [
        {
          ...python('again', 'os.path', 'join', { a: 'x' }),
          controls: [control('repeat', 'chaosaddons.controls.repeat', { repeat_count: 3 })],
        },
        python('skipped', 'os.path', 'join', { a: 'y' }),
      ],
    }),
    extensionCase(
      'addons: a safeguard ends the run',
      {
        controls: [
          control('safeguards', 'chaosaddons.controls.safeguards', {
            probes: [
              {
                type: 'probe',
                name: 'never',
                provider: {
                  type: 'python',
                  module: 'os.path',
                  func: 'exists',
                  arguments: { path: '/nowhere' },
                },
                tolerance: true,
                frequency: 0.2,
              },
            ],
          }),
        ],
        method: [
          python('long', 'time', 'sleep', { secs: 20 }),
          python('never reached', 'os.path', 'join', { a: 'z' }),
        ],
        rollbacks: [python('rolled back', 'os.path', 'join', { a: 'r' })],
      },
      true,
    ),
    extensionCase('opentracing: its controls are there', {
      controls: [
        control('oltp', 'chaostracing.oltp'),
        control('legacy', 'chaostracing.control', { provider: 'noop' }),
      ],
      method: [
        python('p', 'os.path', 'basename', { p: '/a/b' }),
        { type: 'probe', name: 'http', provider: { type: 'http', url: `${system.url}/plain` } },
      ],
    }),
    extensionCase('standard library: values of every kind', {
      configuration: { n: 3, f: 1.0, d: { '10': 1, '2': 2 } },
      method: [
        python('fraction', 'decimal', 'localcontext', {}),
        python('float', 'math', 'nothing', {}),
        python('join', 'os.path', 'join', { a: variable('d') }),
        python('copy', 'copy', 'deepcopy', {
          x: [variable('n'), variable('f'), variable('d'), 12345678901234567890n.toString()],
        }),
        python('stat', 'os.path', 'getsize', { filename: '/nowhere' }),
        python('when', 'datetime_maker', 'make', {}),
      ],
    }),
  ]
}

/** An action of a module's function. */
function python(name: string, module: string, func: string, args: object = {}, more: object = {}) {
  return { type: 'action', name, provider: { type: 'python', module, func, arguments: args, ...more } }
}

/** For the environment with `chaosreport`. */
export function reportingCases(): readonly Case[] {
  return [
    extensionCase('reporting: a report is written by an activity', {
      method: [
        python('count', 'chaosreport', 'count_activities', {
          experiment: { method: [{ type: 'probe' }, { type: 'action' }] },
          activity_type: 'probe',
        }),
        python('chart', 'chaosreport', 'generate_chart_from_metric_probes', {
          journal: { run: [], experiment: {} },
          export_format: 'html5',
        }),
      ],
    }),
  ]
}

/** A reference to the experiment's configuration. */
function variable(name: string): string {
  return `$\{${name}}`
}

function extensionCase(name: string, experiment: object, isSlow = false): Case {
  return {
    name,
    argv: [
      '--no-version-check',
      'run',
      ...(isSlow ? ['--rollback-strategy', 'always'] : []),
      ...(name.startsWith('standard') ? ['--no-validation'] : []),
      'e.json',
    ],
    source: {
      name: 'e.json',
      text: JSON.stringify({ title: name, description: name, method: [], ...experiment }),
    },
    files: {
      'datetime_maker.py':
        'import datetime, decimal\ndef make(): return [datetime.datetime(2024, 1, 2), decimal.Decimal("1.50"), (1, 2)]\n',
    },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_EXPORTER: 'none' },
    isTimed: false,
  }
}
