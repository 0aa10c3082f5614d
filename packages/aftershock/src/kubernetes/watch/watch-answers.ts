import { windowFileOf } from '../../formats/cluster-window-file.ts'
import { parseRfc3339 } from '../../formats/rfc3339.ts'
import type {
  ClusterEventJson,
  ClusterExperimentJson,
  ClusterWindowsJson,
} from '../../model/cluster-experiment.ts'
import { CHAOS_KINDS, SCHEDULES, WORKFLOWS } from '../resources.ts'
import type { Archive } from './archive.ts'
import type { ExperimentBook } from './experiment-book.ts'
import { eventJson } from './experiment-json.ts'

export type Known = {
  readonly book: ExperimentBook
  readonly archive: Archive
  readonly revision: () => number
  readonly isComplete: () => boolean
}

export type EventFilter = Readonly<
  Partial<Record<'namespace' | 'name' | 'kind' | 'start' | 'end' | 'limit', string>>
>

const EVENTS_LIMIT = 1_000

/** Others, such as nodes of a workflow, are known by their events only. */
const LISTED = [...CHAOS_KINDS, SCHEDULES, WORKFLOWS].map((resource) => resource.kind)

/** Experiments that are there, and those of late. */
export function windowsAnswer(known: Known, namespace: string | undefined): ClusterWindowsJson {
  return {
    schema: 'aftershock.windows/1',
    revision: known.revision(),
    complete: known.isComplete(),
    experiments: experimentsIn(known, namespace),
  }
}

export function experimentsIn(known: Known, namespace: string | undefined): readonly ClusterExperimentJson[] {
  const { book } = known
  return book
    .entries()
    .filter((entry) => LISTED.includes(entry.kind))
    .filter((entry) => namespace === undefined || entry.namespace === namespace)
    .map((entry) => book.experiment(entry))
}

export function archivesIn(known: Known, namespace: string | undefined): readonly ClusterExperimentJson[] {
  return known.archive
    .all()
    .map((one) => one.experiment)
    .filter((experiment) => LISTED.includes(experiment.kind))
    .filter((experiment) => namespace === undefined || experiment.namespace === namespace)
}

/** By uid, or `namespace/name` (the newest of that name). */
export function findExperiment(known: Known, asked: string): ClusterExperimentJson | undefined {
  const all = [...experimentsIn(known, undefined), ...archivesIn(known, undefined)]
  return (
    all.find((one) => one.id === asked) ??
    all
      .filter((one) => `${one.namespace}/${one.name}` === asked)
      .toSorted((a, b) => (b.createdAt ?? '').localeCompare(a.createdAt ?? ''))[0]
  )
}

/** Newest first. */
export function eventsIn(known: Known, filter: EventFilter): readonly ClusterEventJson[] {
  const current = known.book.entries().flatMap((entry) => entry.events.map(eventJson))
  const all = [...current, ...known.archive.all().flatMap((one) => one.events)]
  const start = parseRfc3339(filter.start ?? '')
  const end = parseRfc3339(filter.end ?? '')
  const limit = Math.min(EVENTS_LIMIT, Math.max(1, Number(filter.limit ?? EVENTS_LIMIT) || EVENTS_LIMIT))
  return all
    .filter((event) => {
      const at = parseRfc3339(event.at) ?? 0n
      return (
        (filter.namespace === undefined || event.namespace === filter.namespace) &&
        (filter.name === undefined || event.name === filter.name) &&
        (filter.kind === undefined || event.kind === filter.kind) &&
        (start === undefined || at >= start) &&
        (end === undefined || at < end)
      )
    })
    .toSorted((a, b) => b.at.localeCompare(a.at))
    .slice(0, limit)
}

/** A window file for `analyze --windows`. @returns undefined when there is no such experiment */
export function windowFileAnswer(known: Known, asked: string): object | undefined {
  const experiment = findExperiment(known, asked)
  return experiment === undefined ? undefined : windowFileOf([experiment])
}
