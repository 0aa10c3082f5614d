import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { JOURNAL_STYLE, LINE_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { dict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { unfinished } from './journal.ts'
import type { JournalKeeper } from './journal-keeper.ts'
import { Refused } from './stops.ts'
import { isoText, type Moment, momentNow } from './times.ts'

/**
 * Rewriting takes about a fiftieth of the run's time: steps that follow each other quicker share one rewrite. The
 * events log has every step before it acts.
 */
const REST_FACTOR = 50
const REST_MS_MAX = 1000

/** The journal's file. Replaced as a whole each time, so that a reader never sees half of it. */
export type JournalFile = JournalKeeper & {
  /** The last word; removes the log of events, which it contains. */
  readonly finish: (journal: PyDict) => void
}

/** @throws Refused when the place cannot be written: said before the run, where the reference loses the journal after it */
export function journalFile(path: string, start: Moment): JournalFile {
  const events = `${path}.events.ndjson`
  checkWritable(path)
  rmSync(events, { force: true })
  let log: number | undefined
  const tell = (kind: string, step: string) => {
    log ??= openSync(events, 'a')
    writeSync(log, `${writeJson(dict({ time: isoText(momentNow()), kind, step }), LINE_STYLE)}\n`)
  }
  let timer: NodeJS.Timeout | undefined
  let nextMs = 0
  const write = (journal: PyDict) => {
    clearTimeout(timer)
    timer = undefined
    const beganMs = performance.now()
    replace(path, unfinished(journal, start, momentNow()), 'quick')
    const endedMs = performance.now()
    nextMs = endedMs + Math.min(REST_MS_MAX, REST_FACTOR * (endedMs - beganMs))
  }
  const keep = (journal: PyDict) => {
    const dueMs = nextMs - performance.now()
    if (dueMs <= 0) write(journal)
    else timer ??= setTimeout(() => write(journal), dueMs).unref()
  }
  return {
    ahead: (step, journal) => {
      tell('start', step)
      keep(journal)
    },
    progress: (step, journal) => {
      tell('end', step)
      keep(journal)
    },
    finish: (journal) => {
      clearTimeout(timer)
      replace(path, journal, 'durable')
      if (log !== undefined) closeSync(log)
      log = undefined
      rmSync(events, { force: true })
    },
  }
}

function checkWritable(path: string): void {
  const probe = `${path}.tmp`
  try {
    closeSync(openSync(probe, 'w'))
    rmSync(probe, { force: true })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Refused(`the journal cannot be written to ${path}: ${why}`)
  }
}

function replace(path: string, journal: PyDict, care: 'quick' | 'durable'): void {
  const text = writeJson(journal, JOURNAL_STYLE)
  const part = `${path}.tmp`
  const file = openSync(part, 'w')
  try {
    writeFileSync(file, text)
    if (care === 'durable') fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(part, path)
}
