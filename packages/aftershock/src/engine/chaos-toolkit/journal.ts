import {
  dict,
  isDict,
  isList,
  type PyDict,
  type PyKey,
  type PyValue,
} from '../../formats/chaos-toolkit/values.ts'
import type { OpenRound } from './journal-keeper.ts'
import { isoText, type Moment, secondsBetween } from './times.ts'

export type JournalAbout = {
  /** As the reference's `chaoslib-version`. */
  readonly version: string
  readonly platform: string
  /** The machine's name. */
  readonly node: string
}

/** The journal at the start: the keys in the reference's order; a shallow copy of the experiment, so that nested changes by controls show. */
export function newJournal(about: JournalAbout, experiment: PyDict, start: Moment): PyDict {
  return dict({
    'chaoslib-version': about.version,
    platform: about.platform,
    node: about.node,
    experiment: new Map(experiment),
    start: isoText(start),
    status: null,
    deviated: false,
    steady_states: dict({ before: null, after: null, during: [] }),
    run: [],
    rollbacks: [],
  })
}

const STATUSES: readonly PyValue[] = ['completed', 'failed', 'aborted', 'interrupted']

/** Stamps the end; a status that nobody set means that the end was reached. */
export function endJournal(journal: PyDict, start: Moment, end: Moment): void {
  journal.set('end', isoText(end))
  journal.set('duration', secondsBetween(start, end))
  if (!STATUSES.includes(journal.get('status') ?? null)) journal.set('status', 'completed')
}

/** The journal as a reader finds it when the run dies now. */
export function unfinished(
  journal: PyDict,
  rounds: readonly OpenRound[],
  start: Moment,
  now: Moment,
): PyDict {
  const copy = new Map<PyKey, PyValue>(journal)
  if (!copy.has('end')) {
    copy.set('end', isoText(now))
    copy.set('duration', secondsBetween(start, now))
  }
  if (!STATUSES.includes(copy.get('status') ?? null)) copy.set('status', 'aborted')
  copy.set('steady_states', statesWith(rounds, copy.get('steady_states')))
  copy.set('in_progress', true)
  return copy
}

/** The states so far, and those of rounds that have not ended: their probes are not to be lost. */
function statesWith(rounds: readonly OpenRound[], states: PyValue | undefined): PyValue {
  const copy: PyDict = isDict(states) ? new Map(states) : new Map()
  for (const { phase, state } of rounds) {
    const known = copy.get(phase)
    if (phase !== 'during') copy.set(phase, known ?? state)
    else if (isList(known) && !known.includes(state)) copy.set(phase, [...known, state])
  }
  return copy
}

/** The run was ended early: by its method, or by the hypothesis that runs meanwhile. */
export function isOver(journal: PyDict): boolean {
  const status = journal.get('status')
  return status === 'failed' || status === 'interrupted' || status === 'aborted'
}
