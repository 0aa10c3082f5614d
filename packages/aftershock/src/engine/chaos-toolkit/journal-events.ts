import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import {
  dict,
  isDict,
  isList,
  type PyDict,
  type PyKey,
  type PyList,
  type PyValue,
} from '../../formats/chaos-toolkit/values.ts'

/** A process that no other is ever mistaken for. */
export type Owner = { readonly pid: number; readonly identity: string }

/** What the log of events of a run says: enough to end it in its place. */
export type FoundRun = {
  /** As `chaos run` would have left it at that moment; records that have no `status` were under way. */
  readonly journal: PyDict
  /** Who wrote last: the run, or whoever took it over. */
  readonly owner: Owner
  /** Of the command line: options before and after the command, and the source. */
  readonly argv: readonly string[]
  readonly folder: string
  /** Marks of activities that had not ended, and their names. */
  readonly unended: readonly { readonly mark: string; readonly name: string }[]
}

type Line = { readonly kind: string; readonly values: PyDict }

/** @returns undefined when there is nothing in it to go on from: a run that died in its first millisecond */
export function readEvents(text: string): FoundRun | undefined {
  const lines = text.split('\n').flatMap(lineOf)
  const begin = lines.find((line) => line.kind === 'begin')?.values
  const journal = begin?.get('journal')
  const argv = begin?.get('argv')
  if (begin === undefined || !isDict(journal) || !isList(argv)) return undefined
  const records = new Map<PyValue, { readonly record: PyDict; readonly mark: string; hasEnded: boolean }>()
  const rounds = new Map<PyValue, PyDict>()
  let owner = begin.get('owner')
  for (const { kind, values } of lines) {
    if (kind === 'owner') owner = values.get('owner')
    if (kind === 'round') addRound(journal, rounds, values)
    if (kind === 'round-end') replace(rounds.get(values.get('round') ?? null), values.get('state'))
    if (kind === 'start') addRecord(journal, rounds, records, values)
    if (kind === 'end') {
      const begun = records.get(values.get('number') ?? null)
      replace(begun?.record, values.get('record'))
      if (begun !== undefined) begun.hasEnded = true
    }
    for (const key of ['status', 'deviated']) if (values.has(key)) journal.set(key, values.get(key) ?? null)
  }
  return {
    journal,
    owner: ownerOf(owner),
    argv: argv.map(String),
    folder: String(begin.get('folder') ?? '.'),
    unended: [...records.values()]
      .filter((one) => !one.hasEnded)
      .map(({ record, mark }) => ({ mark, name: nameIn(record) })),
  }
}

/** The last line of a process that was killed may be cut. */
function lineOf(text: string): readonly Line[] {
  if (text.trim() === '') return []
  try {
    const values = readJson(text)
    return isDict(values) ? [{ kind: String(values.get('kind')), values }] : []
  } catch (error) {
    if (error instanceof PythonError) return []
    throw error
  }
}

function addRound(journal: PyDict, rounds: Map<PyValue, PyDict>, values: PyDict): void {
  const state = dict({ steady_state_met: null, probes: [] })
  rounds.set(values.get('round') ?? null, state)
  const phase = values.get('phase')
  const states = journal.get('steady_states')
  if (!isDict(states)) return
  if (phase === 'during') listIn(states, 'during').push(state)
  else if (phase === 'before' || phase === 'after') states.set(phase, state)
}

function addRecord(
  journal: PyDict,
  rounds: ReadonlyMap<PyValue, PyDict>,
  records: Map<PyValue, { readonly record: PyDict; readonly mark: string; hasEnded: boolean }>,
  values: PyDict,
): void {
  const record = values.get('record')
  if (!isDict(record)) return
  const round = rounds.get(values.get('round') ?? null)
  const list = round === undefined ? listIn(journal, String(values.get('list'))) : listIn(round, 'probes')
  list.push(record)
  const mark = String(values.get('mark') ?? '')
  records.set(values.get('number') ?? null, { record, mark, hasEnded: false })
}

function listIn(holder: PyDict, key: string): PyList {
  const list = holder.get(key)
  if (isList(list)) return list
  const made: PyList = []
  holder.set(key, made)
  return made
}

function replace(old: PyDict | undefined, now: PyValue | undefined): void {
  if (old === undefined || !isDict(now)) return
  old.clear()
  for (const [key, value] of now) old.set(key, value)
}

function ownerOf(value: PyValue | undefined): Owner {
  const owner = isDict(value) ? value : new Map<PyKey, PyValue>()
  return { pid: Number(owner.get('pid') ?? 0), identity: String(owner.get('identity') ?? '') }
}

function nameIn(record: PyDict): string {
  const activity = record.get('activity')
  return String((isDict(activity) ? activity.get('name') : undefined) ?? '')
}
