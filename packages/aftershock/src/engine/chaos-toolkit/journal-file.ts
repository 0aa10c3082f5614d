import { appendFileSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { JOURNAL_STYLE, LINE_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { dict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { unfinished } from './journal.ts'
import type { JournalKeeper } from './journal-keeper.ts'
import { Refused } from './stops.ts'
import { isoText, type Moment, momentNow } from './times.ts'

/** A journal that grew long is not rewritten for each step: the events log keeps what came since. */
const REWRITE_MS_MIN = 1000
const SHORT_CHARS_MAX = 200_000

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
  let chars = 0
  let writtenAtMs = 0
  const log = (kind: string, step: string) => {
    const line = dict({ time: isoText(momentNow()), kind, step })
    appendFileSync(events, `${writeJson(line, LINE_STYLE)}\n`)
  }
  const keep = (journal: PyDict) => {
    const nowMs = performance.now()
    if (chars > SHORT_CHARS_MAX && nowMs - writtenAtMs < REWRITE_MS_MIN) return
    chars = replace(path, unfinished(journal, start, momentNow()), 'quick')
    writtenAtMs = nowMs
  }
  return {
    ahead: (step, journal) => {
      log('start', step)
      keep(journal)
    },
    progress: (step, journal) => {
      log('end', step)
      keep(journal)
    },
    finish: (journal) => {
      replace(path, journal, 'durable')
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

function replace(path: string, journal: PyDict, care: 'quick' | 'durable'): number {
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
  return text.length
}
