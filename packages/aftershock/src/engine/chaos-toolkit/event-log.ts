import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { LINE_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { dict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { Owner } from './journal-events.ts'
import { isoText, momentNow } from './times.ts'

/** What somebody else needs to end the run in its place. */
export type Succession = {
  /** Ourselves. */
  readonly owner: Owner
  /** Of the command line: options before and after the command, and the source. */
  readonly argv: readonly string[]
  /** Where it was given. */
  readonly folder: string
  /** Called when there is something to take over. @returns to be called when there is no more */
  readonly watch: () => () => void
}

/** `goes-on`: the log is that of a run that died, and we are its successor. */
export type LogKind = 'new' | 'goes-on'

/** Lines of JSON, each on its way to the disk before `tell` returns; `journal-events.ts` reads them. */
export type EventLog = {
  readonly tell: (kind: string, facts: Readonly<Record<string, PyValue | undefined>>, journal: PyDict) => void
  /** Nothing is left to take over: the log goes. */
  readonly end: () => void
}

export function eventsPath(journalPath: string): string {
  return `${journalPath}.events.ndjson`
}

export function eventLog(path: string, succession: Succession, kind: LogKind): EventLog {
  if (kind === 'new') rmSync(path, { force: true })
  let file: number | undefined
  let leave: (() => void) | undefined
  const write = (facts: Readonly<Record<string, PyValue | undefined>>) => {
    file ??= openSync(path, 'a')
    writeSync(file, `${writeJson(dict({ time: isoText(momentNow()), ...facts }), LINE_STYLE)}\n`)
  }
  const begin = (journal: PyDict) => {
    const { pid, identity } = succession.owner
    const owner = dict({ pid: BigInt(pid), identity })
    const { argv, folder } = succession
    // The line before may have been cut in the middle.
    if (kind === 'goes-on') write({ kind: 'torn' })
    write(
      kind === 'goes-on'
        ? { kind: 'owner', owner }
        : { kind: 'begin', owner, argv: [...argv], folder, journal: withoutRecords(journal) },
    )
    leave = succession.watch()
  }
  return {
    tell: (what, facts, journal) => {
      if (file === undefined) begin(journal)
      const status = journal.get('status') ?? null
      write({ kind: what, ...facts, status, deviated: journal.get('deviated') ?? false })
    },
    end: () => {
      if (file !== undefined) closeSync(file)
      file = undefined
      rmSync(path, { force: true })
      leave?.()
    },
  }
}

/** The lines that follow tell all of them, the first one among them. */
function withoutRecords(journal: PyDict): PyDict {
  const steadyStates = dict({ before: null, after: null, during: [] })
  return new Map<PyKey, PyValue>([
    ...journal,
    ['steady_states', steadyStates],
    ['run', []],
    ['rollbacks', []],
  ])
}
