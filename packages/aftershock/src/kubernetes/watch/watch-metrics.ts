import type { KubeClient } from '../client.ts'
import type { DutyCounts } from './duties.ts'
import type { ExperimentBook } from './experiment-book.ts'
import { stateOf } from './experiment-json.ts'
import type { Metric } from './metrics-text.ts'
import type { Watcher } from './watcher.ts'

export type Measured = {
  readonly book: ExperimentBook
  readonly watcher: Watcher
  readonly client: Pick<KubeClient, 'requestCount'>
  readonly duties: () => DutyCounts
  readonly isLeader: () => boolean
  readonly archived: () => number
  readonly journalBytes: () => number
}

export function watchMetrics(of: Measured): readonly Metric[] {
  const counts = of.watcher.counts()
  const duties = of.duties()
  const clock = of.book.clock()
  const one = (value: number) => [{ value }]
  return [
    gauge(
      'leader',
      '1 while this replica writes annotations, removes orphans and sends traces',
      one(of.isLeader() ? 1 : 0),
    ),
    gauge('experiments', 'Chaos objects by kind and state', experimentSamples(of.book)),
    gauge('windows_open', 'Injections that are, or may be, in force', one(openWindows(of.book))),
    gauge('archived_experiments', 'Experiments that are gone and kept', one(of.archived())),
    gauge('journal_bytes', 'Size of the journal', one(of.journalBytes())),
    gauge(
      'controller_clock_ahead_seconds',
      'How far the clock of Chaos Mesh is ahead, at least; 0: it may agree',
      one(seconds(clock.aheadNsMin)),
    ),
    gauge(
      'watch_latency_seconds',
      'How late a watch may tell, as bounds are computed with it',
      one(seconds(clock.watchLatencyNsMax)),
    ),
    gauge(
      'kinds_missing',
      'Kinds of chaos-mesh.org that the cluster does not serve',
      one(counts.missingKinds.length),
    ),
    counter('sightings_total', 'Changes that were seen', one(counts.sightings)),
    counter('relists_total', 'Lists after a watch had expired: a gap in what is known', one(counts.relists)),
    counter('api_troubles_total', 'Lists and watches that failed', one(counts.troubles)),
    counter('api_requests_total', 'Requests sent to the API server', one(of.client.requestCount())),
    counter('annotations_total', 'Pod annotations', [
      { labels: { result: 'written' }, value: duties.annotationsWritten },
      { labels: { result: 'removed' }, value: duties.annotationsRemoved },
      { labels: { result: 'failed' }, value: duties.annotationsFailed },
    ]),
    counter('orphans_removed_total', 'Objects of runs that are gone', one(duties.orphansRemoved)),
    counter('spans_exported_total', 'Spans of experiments handed to the exporter', one(duties.spansExported)),
  ]
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'gauge', help, samples }
}

function counter(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'counter', help, samples }
}

function experimentSamples(book: ExperimentBook): Metric['samples'] {
  const counts = new Map<string, { readonly labels: Record<string, string>; value: number }>()
  for (const entry of book.entries()) {
    const labels = { kind: entry.kind, state: stateOf(entry) }
    const key = `${labels.kind} ${labels.state}`
    const known = counts.get(key) ?? { labels, value: 0 }
    counts.set(key, { labels, value: known.value + 1 })
  }
  return [...counts.values()]
}

function openWindows(book: ExperimentBook): number {
  return book
    .entries()
    .filter((entry) => entry.goneNs === undefined)
    .flatMap((entry) => book.windowsOf(entry).windows)
    .filter((window) => window.role === 'target' && window.end?.latest === undefined).length
}

function seconds(ns: bigint): number {
  return Number(ns) / 1e9
}
