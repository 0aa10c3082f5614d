import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { JOURNAL_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import { type EventLog, eventLog, eventsPath, type LogKind, type Succession } from './event-log.ts'
import { unfinished } from './journal.ts'
import type { BegunActivity, BegunId, JournalKeeper, OpenRound } from './journal-keeper.ts'
import { Refused } from './stops.ts'
import { type Moment, momentNow } from './times.ts'

/**
 * Rewriting takes about a fiftieth of the run's time: steps that follow each other quicker share one rewrite. The log
 * of events has every step, with its record, at once.
 */
const REST_FACTOR = 50
const REST_MS_MAX = 1000
/** In the environment of processes, so that what is left of them can be found. */
export const MARK_VARIABLE = 'AFTERSHOCK_ACTIVITY'

/** The journal's file. Replaced as a whole each time, so that a reader never sees half of it. */
export type JournalFile = JournalKeeper & {
  /** The last word; removes the log of events, which it contains. */
  readonly finish: (journal: PyDict) => void
}

export type JournalFileOptions = {
  readonly start: Moment
  /** Undefined: no log of events, and nobody takes the run over. */
  readonly succession: Succession | undefined
  readonly log: LogKind
  /** A disk that is full must not keep a run from its rollbacks: it is told, once. */
  readonly warn: (text: string) => void
}

/** @throws Refused when the place cannot be written: said before the run, where the reference loses the journal after it */
export function journalFile(path: string, options: JournalFileOptions): JournalFile {
  const { start, succession, log } = options
  checkWritable(path)
  const dare = daring(options.warn)
  const lines = succession && eventLog(eventsPath(path), succession, log)
  const tell: EventLog['tell'] = (kind, facts, journal) => dare(() => lines?.tell(kind, facts, journal))
  const rounds = new Map<number, OpenRound>()
  const snapshots = snapshotsOf(
    path,
    (journal) => unfinished(journal, [...rounds.values()], start, momentNow()),
    dare,
  )
  const begun = new Map<number, BegunActivity>()
  // Numbers of a successor must not meet those of the run.
  let last = log === 'new' ? 0 : SUCCESSOR_FROM
  return {
    opened: (journal) => {
      tell('opened', {}, journal)
      snapshots.keep(journal)
    },
    begun: (activity, journal) => {
      const number = ++last
      begun.set(number, activity)
      const mark = succession && `${succession.owner.pid}-${start.epochMicros}-${number}`
      tell('start', { ...placeOf(activity), number: BigInt(number), mark, record: activity.record }, journal)
      snapshots.keep(journal)
      const env: BegunId['env'] = mark === undefined ? {} : { [MARK_VARIABLE]: mark }
      return { number, env }
    },
    ended: ({ number }, journal) => {
      tell('end', { number: BigInt(number), record: begun.get(number)?.record }, journal)
      begun.delete(number)
      snapshots.keep(journal)
    },
    roundBegun: (phase, state, journal) => {
      const round = ++last
      // The journal has what is before this one.
      rounds.clear()
      rounds.set(round, { phase, state })
      tell('round', { round: BigInt(round), phase }, journal)
      return round
    },
    roundEnded: (round, journal) => {
      tell('round-end', { round: BigInt(round), state: rounds.get(round)?.state }, journal)
      snapshots.keep(journal)
    },
    finish: (journal) => {
      snapshots.end()
      replace(path, journal, 'durable')
      lines?.end()
    },
  }
}

const SUCCESSOR_FROM = 1_000_000_000

function placeOf({ place, name }: BegunActivity) {
  if (typeof place === 'string') return { list: place, step: `${place}: ${name}` }
  return { round: BigInt(place.round), step: `hypothesis: ${name}` }
}

type Dare = (write: () => void) => void

function daring(warn: (text: string) => void): Dare {
  let isBroken = false
  return (write) => {
    if (isBroken) return
    try {
      write()
    } catch (error) {
      isBroken = true
      const why = error instanceof Error ? error.message : String(error)
      warn(`The journal cannot be kept on disk while the run goes on: ${why}`)
    }
  }
}

/** Writes the journal at once, or as soon as it is due. */
function snapshotsOf(path: string, view: (journal: PyDict) => PyDict, dare: Dare) {
  let timer: NodeJS.Timeout | undefined
  let nextMs = 0
  const write = (journal: PyDict) => {
    clearTimeout(timer)
    timer = undefined
    const beganMs = performance.now()
    dare(() => replace(path, view(journal), 'quick'))
    const endedMs = performance.now()
    nextMs = endedMs + Math.min(REST_MS_MAX, REST_FACTOR * (endedMs - beganMs))
  }
  return {
    keep: (journal: PyDict) => {
      const dueMs = nextMs - performance.now()
      if (dueMs <= 0) write(journal)
      else timer ??= setTimeout(() => write(journal), dueMs).unref()
    },
    end: () => clearTimeout(timer),
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
