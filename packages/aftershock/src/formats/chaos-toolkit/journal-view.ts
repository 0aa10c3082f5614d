import { writeJson } from './json-write.ts'
import { pythonText } from './python-text.ts'
import { isDict, isList, type PyDict, type PyValue } from './values.ts'

/** What a report shows of a journal; everything is text already. */
export type JournalView = {
  readonly title: string
  readonly description: string
  readonly facts: readonly (readonly [string, string])[]
  readonly tags: readonly string[]
  readonly contributions: readonly (readonly [string, string])[]
  readonly sections: readonly SectionView[]
}

export type SectionView = {
  readonly title: string
  /** For example "the steady state was met". */
  readonly verdict: string | undefined
  readonly isGood: boolean | undefined
  readonly records: readonly RecordView[]
}

export type RecordView = {
  readonly name: string
  readonly kind: string
  readonly status: string
  readonly isGood: boolean
  readonly start: string
  readonly durationSeconds: string
  readonly provider: string
  readonly tolerance: string | undefined
  readonly output: string
  readonly exception: string | undefined
}

const OUTPUT_CHARS_MAX = 2000
const ROUNDS_MAX = 50

/** Reads any journal, also one of the reference or cut short. @returns why it is none */
export function viewJournal(journal: PyValue): JournalView | string {
  if (!isDict(journal)) return 'it must be a mapping'
  const experiment = journal.get('experiment')
  if (!isDict(experiment)) return "it has no 'experiment'"
  const states = dictAt(journal, 'steady_states')
  const contributions = experiment.get('contributions')
  return {
    title: textAt(experiment, 'title'),
    description: textAt(experiment, 'description'),
    facts: factsOf(journal),
    tags: listAt(experiment, 'tags').map(pythonText),
    contributions: isDict(contributions)
      ? [...contributions].map(([name, weight]) => [pythonText(name), pythonText(weight)] as const)
      : [],
    sections: [
      ...hypothesisSection('Steady state before the method', states.get('before')),
      { title: 'Method', verdict: undefined, isGood: undefined, records: recordsOf(journal.get('run')) },
      ...duringSections(listAt(states, 'during')),
      ...hypothesisSection('Steady state after the method', states.get('after')),
      rollbackSection('Rollbacks', journal.get('rollbacks')),
      ...(journal.has('safety_rollbacks')
        ? [rollbackSection('Rollbacks for safety', journal.get('safety_rollbacks'))]
        : []),
    ],
  }
}

function factsOf(journal: PyDict): readonly (readonly [string, string])[] {
  const deviated = journal.get('deviated') === true ? 'yes' : 'no'
  const facts: [string, string][] = [
    ['Status', textAt(journal, 'status')],
    ['Deviated', deviated],
    ['Started', textAt(journal, 'start')],
    ['Ended', textAt(journal, 'end')],
    ['Duration', `${seconds(journal.get('duration'))} s`],
    ['Platform', textAt(journal, 'platform')],
    ['Node', textAt(journal, 'node')],
    ['Version', textAt(journal, 'chaoslib-version')],
  ]
  if (journal.has('trace_id')) facts.push(['Trace', textAt(journal, 'trace_id')])
  return facts
}

function hypothesisSection(title: string, state: PyValue | undefined): readonly SectionView[] {
  if (!isDict(state)) return []
  const isMet = state.get('steady_state_met') === true
  const verdict = isMet ? 'the steady state was met' : 'the steady state was not met'
  return [{ title, verdict, isGood: isMet, records: recordsOf(state.get('probes')) }]
}

/** Rounds that were met say nothing new: only those that were not are shown in full. */
function duringSections(rounds: readonly PyValue[]): readonly SectionView[] {
  if (rounds.length === 0) return []
  const missed = rounds.filter((one) => isDict(one) && one.get('steady_state_met') !== true)
  const isGood = missed.length === 0
  const verdict = `${rounds.length - missed.length} of ${rounds.length} rounds met the steady state`
  const records = missed
    .slice(0, ROUNDS_MAX)
    .flatMap((one) => (isDict(one) ? recordsOf(one.get('probes')) : []))
  return [{ title: 'Steady state during the method', verdict, isGood, records }]
}

function rollbackSection(title: string, runs: PyValue | undefined): SectionView {
  const records = recordsOf(runs)
  return { title, verdict: records.length === 0 ? 'none played' : undefined, isGood: undefined, records }
}

function recordsOf(value: PyValue | undefined): readonly RecordView[] {
  return isList(value) ? value.filter(isDict).map(recordOf) : []
}

function recordOf(record: PyDict): RecordView {
  const activity = dictAt(record, 'activity')
  const met = record.get('tolerance_met')
  const status = record.has('status') ? textAt(record, 'status') : 'not ended'
  return {
    name: textAt(activity, 'name'),
    kind: textAt(activity, 'type'),
    status: met === false && status === 'succeeded' ? 'out of tolerance' : status,
    isGood: status === 'succeeded' && met !== false,
    start: textAt(record, 'start'),
    durationSeconds: seconds(record.get('duration')),
    provider: providerOf(dictAt(activity, 'provider')),
    tolerance: activity.has('tolerance') ? compact(activity.get('tolerance') ?? null) : undefined,
    output: compact(record.get('output') ?? null),
    exception: listAt(record, 'exception').map(pythonText).at(-1)?.trim(),
  }
}

function providerOf(provider: PyDict): string {
  const parts = ['type', 'module', 'func', 'method', 'url', 'path']
    .filter((key) => provider.has(key))
    .map((key) => textAt(provider, key))
  return parts.join(' ')
}

function compact(value: PyValue): string {
  const text = typeof value === 'string' ? value : writeJson(value, { indent: undefined, nonAscii: 'kept' })
  return text.length <= OUTPUT_CHARS_MAX
    ? text
    : `${text.slice(0, OUTPUT_CHARS_MAX)}… (${text.length} characters)`
}

function seconds(value: PyValue | undefined): string {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value).toFixed(3) : '?'
}

function dictAt(value: PyDict, key: string): PyDict {
  const own = value.get(key)
  return isDict(own) ? own : new Map()
}

function listAt(value: PyDict, key: string): readonly PyValue[] {
  const own = value.get(key)
  return isList(own) ? own : []
}

function textAt(value: PyDict, key: string): string {
  const own = value.get(key) ?? null
  return own === null ? '' : pythonText(own)
}
