import { Document } from 'yaml'
import type { TargetFacts } from '../model/window.ts'

/** One time in which one experiment marks spans, as constants of a configuration. */
export type ConfiguredWindow = {
  readonly experiment: {
    readonly id: string | undefined
    readonly name: string
    readonly kind: string
    readonly action: string | undefined
  }
  readonly targets: readonly TargetFacts[]
  readonly startNs: bigint
  readonly endNs: bigint
  readonly certainty: 'certain' | 'possible'
}

export type CollectorWish = {
  /** OTLP/HTTP base of Aftershock's receiver; undefined: spans do not come to us. */
  readonly aftershock: string | undefined
  /** OTLP/HTTP base of where traces go anyway. */
  readonly backend: string | undefined
  /** Possible before certain: the later statement wins. */
  readonly windows: readonly ConfiguredWindow[]
}

/**
 * A configuration of the OpenTelemetry Collector (0.144 and later) that marks spans by windows, not by how slow
 * they are: a span is in a window when it overlaps it, and on a target when its resource says so.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/processor/transformprocessor
 */
export function collectorConfig(wish: CollectorWish): string {
  const exporters = {
    ...(wish.backend !== undefined && { 'otlp_http/backend': exporterTo(wish.backend) }),
    ...(wish.aftershock !== undefined && { 'otlp_http/aftershock': exporterTo(wish.aftershock) }),
  }
  const tags = wish.windows.length > 0
  const document = new Document({
    receivers: {
      otlp: { protocols: { grpc: { endpoint: '0.0.0.0:4317' }, http: { endpoint: '0.0.0.0:4318' } } },
    },
    processors: {
      memory_limiter: { check_interval: '1s', limit_percentage: 75, spike_limit_percentage: 20 },
      ...(tags && {
        'transform/chaos': { error_mode: 'ignore', trace_statements: wish.windows.flatMap(statementsOf) },
      }),
    },
    exporters,
    service: {
      pipelines: {
        traces: {
          receivers: ['otlp'],
          processors: ['memory_limiter', ...(tags ? ['transform/chaos'] : [])],
          exporters: Object.keys(exporters),
        },
      },
    },
  })
  document.commentBefore = comment(tags)
  return document.toString({ lineWidth: 0 })
}

function comment(tags: boolean): string {
  const about = tags
    ? [
        ' The windows below are constants: make this file anew for every experiment. A span that passed before the',
        ' collector read it stays unmarked, and no collector sees more than one span at a time: who was hit further',
        ' up is for an analysis to say. Windows as they come: aftershock serve --watcher <url>.',
      ]
    : [
        ' Spans go to Aftershock, which marks them by the windows it knows: those of its runs, and with',
        ' `aftershock serve --watcher <url>` those of a cluster.',
      ]
  return [' Made by `aftershock collector-config`; for otelcol-contrib 0.144 and later.', ...about].join('\n')
}

function exporterTo(endpoint: string): object {
  return { endpoint, sending_queue: { batch: { flush_timeout: '1s', min_size: 8192 } } }
}

/** One group for the time, one for those of its spans that ran on a target. */
function statementsOf(window: ConfiguredWindow): readonly object[] {
  const { experiment, startNs, endNs, certainty } = window
  const during = `span.start_time_unix_nano < ${endNs} and span.end_time_unix_nano >= ${startNs}`
  const on = window.targets.map(resourceCondition).filter((one) => one !== '')
  const set = (name: string, value: string): string => `set(span.attributes["${name}"], ${value})`
  return [
    {
      conditions: [during],
      statements: [
        set('chaos.experiment.active', 'true'),
        set('chaos.experiment.name', literal(experiment.name)),
        ...(experiment.id === undefined ? [] : [set('chaos.experiment.id', literal(experiment.id))]),
        set('chaos.fault.kind', literal(experiment.kind)),
        ...(experiment.action === undefined ? [] : [set('chaos.fault.action', literal(experiment.action))]),
        set('chaos.fault.target', 'false'),
        set('chaos.window.certainty', literal(certainty)),
        set('request.duration_ms', '(span.end_time_unix_nano - span.start_time_unix_nano) / 1000000'),
      ],
    },
    ...(on.length === 0
      ? []
      : [
          {
            conditions: [`${during} and (${on.join(' or ')})`],
            statements: [set('chaos.fault.target', 'true')],
          },
        ]),
  ]
}

/** By pod where pods are named, else by service and namespace. */
function resourceCondition({ service, namespace, pods }: TargetFacts): string {
  const is = (name: string, value: string): string => `resource.attributes["${name}"] == ${literal(value)}`
  if (pods.length > 0) {
    const names = pods.map((pod) => is('k8s.pod.name', pod)).join(' or ')
    return namespace === undefined ? `(${names})` : `(${is('k8s.namespace.name', namespace)} and (${names}))`
  }
  if (service === '') return ''
  const inNamespace =
    namespace === undefined
      ? ''
      : ` and (resource.attributes["k8s.namespace.name"] == nil or ${is('k8s.namespace.name', namespace)})`
  return `(${is('service.name', service)}${inNamespace})`
}

/** OTTL's strings are Go's: JSON's escapes are among them. */
function literal(text: string): string {
  return JSON.stringify(text)
}
