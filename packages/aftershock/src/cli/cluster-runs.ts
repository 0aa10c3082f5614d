import { systemClock } from '../engine/clock.ts'
import { ApiError, problemOfApiError } from '../kubernetes/api-error.ts'
import { connectKube } from '../kubernetes/client.ts'
import { ExperimentBook } from '../kubernetes/watch/experiment-book.ts'
import { eventsIn, experimentsIn } from '../kubernetes/watch/watch-answers.ts'
import { startWatcher } from '../kubernetes/watch/watcher.ts'
import type {
  ClusterEventJson,
  ClusterExperimentJson,
  ClusterWindowJson,
} from '../model/cluster-experiment.ts'
import type { Output } from './io.ts'
import { watcherAt } from './watcher-client.ts'

/** What a cluster tells of its experiments, newest first. */
export type ClusterRuns = {
  readonly experiments: readonly ClusterExperimentJson[]
  readonly events: readonly ClusterEventJson[]
}

/** With its history: from the watcher. */
export async function runsOfWatcher(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ClusterRuns> {
  const watcher = watcherAt(url, env)
  const [present, archived, events] = await Promise.all([
    watcher.get<readonly ClusterExperimentJson[]>('/api/experiments'),
    watcher.get<readonly ClusterExperimentJson[]>('/api/archives'),
    watcher.get<readonly ClusterEventJson[]>('/api/events'),
  ])
  return { experiments: [...present, ...archived], events }
}

/** Without a watcher: what the cluster itself still knows; events live for an hour. */
export async function runsOfCluster(context: string | undefined): Promise<ClusterRuns> {
  const clock = systemClock()
  const client = connectKube({ context, clock })
  const book = new ExperimentBook()
  const archive = { add: () => undefined, all: () => [], expire: () => undefined }
  const watcher = startWatcher({ client, clock, book, journal: NO_JOURNAL, archive, say: () => undefined })
  try {
    await watcher.ready
    const known = { book, archive, revision: () => 1, isComplete: () => true }
    return { experiments: experimentsIn(known, undefined), events: eventsIn(known, {}) }
  } catch (error) {
    if (error instanceof ApiError)
      throw problemOfApiError(error, 'Cannot list the experiments', client.server)
    throw error
  } finally {
    await watcher.stop()
    client.close()
  }
}

const NO_JOURNAL = {
  read: () => [],
  append: () => undefined,
  flush: () => undefined,
  bytes: () => 0,
  rewrite: () => undefined,
  lastMs: () => undefined,
  close: () => undefined,
}

export function printClusterRuns({ experiments }: ClusterRuns, limit: number, out: Output): void {
  if (experiments.length === 0) out.write('No chaos experiments in this cluster.\n')
  for (const one of experiments.slice(0, limit)) {
    const at = (one.createdAt ?? '').replace('T', ' ').slice(0, 19)
    const what = [one.kind, one.action].filter((word) => word !== undefined).join(' ')
    const by = one.runId === undefined ? '' : `  by run ${one.runId}`
    out.write(`${one.state.padEnd(10)} ${one.namespace}/${one.name}  ${at}  ${what}${by}\n`)
    for (const window of one.windows) out.write(`    ${windowText(window)}\n`)
    for (const why of one.unknown) out.write(`    ? ${why}\n`)
  }
}

/** `shop/pay-1  16:02:03.120 … 16:03:03.131  ±3 ms … ±18 ms`: the middle of each end, and how far it may be off. */
function windowText({ target, role, start, end, holes }: ClusterWindowJson): string {
  const place =
    target.other ?? [target.namespace, target.pod, target.container].filter((one) => one).join('/')
  const begun = endText(start.earliest.at, start.latest.at)
  const ended = end === undefined ? 'in force' : endText(end.earliest.at, end.latest?.at)
  const hole = holes.length === 0 ? '' : `  (${holes.map((one) => one.kind).join(', ')})`
  return `${place}${role === 'peer' ? ' (peer)' : ''}  ${begun} … ${ended}${hole}`
}

function endText(earliest: string, latest: string | undefined): string {
  const from = Date.parse(earliest)
  if (latest === undefined) return `${earliest.slice(11, 23)} or later`
  const halfMs = (Date.parse(latest) - from) / 2
  return `${new Date(from + halfMs).toISOString().slice(11, 23)} ±${Math.ceil(halfMs)} ms`
}

export function printClusterEvents({ events }: ClusterRuns, limit: number, out: Output): void {
  for (const one of events.slice(0, limit)) {
    const mark = one.type === 'Warning' ? '!' : ' '
    out.write(`${one.at} ${mark} ${one.kind} ${one.namespace}/${one.name}  ${one.reason}: ${one.message}\n`)
  }
}
