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

type Facts = Readonly<Record<string, PyValue | undefined>>

/** Lines of JSON; `journal-events.ts` reads them. */
export type EventLog = {
  /** On its way to the disk before this returns. */
  readonly tell: (kind: string, facts: Facts, journal: PyDict) => void
  /** As it is now, but written with the next line, or by `flush`: nothing acts before that is called. */
  readonly tellSoon: (kind: string, facts: Facts, journal: PyDict) => void
  readonly flush: () => void
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
  let held = ''
  const hold = (facts: Facts) => {
    let line = `{"time": "${isoText(momentNow())}"`
    for (const name in facts) {
      const value = facts[name]
      if (value !== undefined) line += `, "${name}": ${writeJson(value, LINE_STYLE)}`
    }
    held += `${line}}\n`
  }
  const flush = () => {
    if (held === '') return
    const lines = held
    held = ''
    file ??= openSync(path, 'a')
    writeSync(file, lines)
  }
  const begin = (journal: PyDict) => {
    const { pid, identity } = succession.owner
    const owner = dict({ pid: BigInt(pid), identity })
    const { argv, folder } = succession
    // The line before may have been cut in the middle.
    if (kind === 'goes-on') hold({ kind: 'torn' })
    hold(
      kind === 'goes-on'
        ? { kind: 'owner', owner }
        : { kind: 'begin', owner, argv: [...argv], folder, journal: withoutRecords(journal) },
    )
    flush()
    leave = succession.watch()
  }
  const tellSoon: EventLog['tellSoon'] = (what, facts, journal) => {
    if (file === undefined) begin(journal)
    const status = journal.get('status') ?? null
    hold({ kind: what, ...facts, status, deviated: journal.get('deviated') ?? false })
  }
  return {
    tell: (what, facts, journal) => {
      tellSoon(what, facts, journal)
      flush()
    },
    tellSoon,
    flush,
    end: () => {
      held = ''
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
