import { JOURNAL_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import { errorText } from '../../model/error-text.ts'
import { MARK_VARIABLE } from './activity-mark.ts'
import { type EventLog, eventLog, eventsPath, type LogKind, type Succession } from './event-log.ts'
import { unfinished } from './journal.ts'
import type { BegunActivity, BegunId, JournalKeeper, OpenRound } from './journal-keeper.ts'
import { type JournalPlace, journalPlace, writeJournal } from './journal-place.ts'
import { later } from './owed-work.ts'
import { type Moment, momentNow } from './times.ts'

/**
 * Rewriting takes about a two-hundredth of the run's time: steps that follow each other quicker share one rewrite. The log
 * of events has every step, with its record, at once.
 */
const REST_FACTOR = 200
const REST_MS_MAX = 1000

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

/** @throws Refused when the place cannot be written */
export function journalFile(path: string, options: JournalFileOptions): JournalFile {
  const { start, log } = options
  const place = journalPlace(path)
  const succession = place.writing === 'once' ? undefined : options.succession
  const dare = daring(options.warn)
  const lines = succession && eventLog(eventsPath(place.path), succession, log)
  const tell: EventLog['tell'] = (kind, facts, journal) => dare(() => lines?.tell(kind, facts, journal))
  const flush = () => dare(() => lines?.flush())
  const rounds = new Map<number, OpenRound>()
  const snapshots = snapshotsOf(
    place,
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
      const facts = { number: BigInt(number), record: begun.get(number)?.record }
      dare(() => lines?.tellSoon('end', facts, journal))
      begun.delete(number)
      later(flush)
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
      flush()
      snapshots.end()
      writeJournal(place, writeJson(journal, JOURNAL_STYLE), 'durable')
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
      const why = errorText(error)
      warn(`The journal cannot be kept on disk while the run goes on: ${why}`)
    }
  }
}

/** Writes the journal while nobody waits, as soon as it is due. */
function snapshotsOf(place: JournalPlace, view: (journal: PyDict) => PyDict, dare: Dare) {
  let timer: NodeJS.Timeout | undefined
  let isOwed = false
  let hasEnded = place.writing === 'once'
  let nextMs = 0
  const write = (journal: PyDict) => {
    isOwed = false
    if (hasEnded) return
    const beganMs = performance.now()
    dare(() => writeJournal(place, writeJson(view(journal), JOURNAL_STYLE), 'quick'))
    const endedMs = performance.now()
    nextMs = endedMs + Math.min(REST_MS_MAX, REST_FACTOR * (endedMs - beganMs))
  }
  const owe = (journal: PyDict) => {
    clearTimeout(timer)
    timer = undefined
    if (!isOwed) later(() => write(journal))
    isOwed = true
  }
  return {
    keep: (journal: PyDict) => {
      if (hasEnded || isOwed) return
      const dueMs = nextMs - performance.now()
      if (dueMs <= 0) owe(journal)
      else timer ??= setTimeout(() => owe(journal), dueMs).unref()
    },
    end: () => {
      clearTimeout(timer)
      hasEnded = true
    },
  }
}
