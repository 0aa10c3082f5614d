import type { PyDict } from '../../formats/chaos-toolkit/values.ts'

/** Where a record stands in the journal: in one of its lists, or among the probes of a round of the hypothesis. */
export type RecordPlace = 'run' | 'rollbacks' | 'safety_rollbacks' | { readonly round: number }

export type BegunActivity = {
  readonly place: RecordPlace
  readonly name: string
  /** The live record. */
  readonly record: PyDict
}

/** A round of the hypothesis that is under way. */
export type OpenRound = { readonly phase: 'before' | 'during' | 'after'; readonly state: PyDict }

/**
 * Keeps the journal on disk while the run goes on, so that it is whole after any death: what is told here is written
 * before the call returns, but for the end of an activity: that is written before anything else acts, with the
 * beginning of the next, or when the event loop has its next turn.
 */
export type JournalKeeper = {
  /** Before the first activity's time begins: what this takes is not its own. */
  readonly opened: (journal: PyDict) => void
  /** Before an activity acts. @returns its number, for `ended`; its processes carry it in their environment */
  readonly begun: (activity: BegunActivity, journal: PyDict) => BegunId
  readonly ended: (id: BegunId, journal: PyDict) => void
  /** A round of the hypothesis begins; its state enters the journal only when it is done. @returns its number */
  readonly roundBegun: (phase: OpenRound['phase'], state: PyDict, journal: PyDict) => number
  readonly roundEnded: (round: number, journal: PyDict) => void
}

export type BegunId = {
  readonly number: number
  /** Variables that mark processes as those of this activity: what is left of them after a death is ended. */
  readonly env: Readonly<Record<string, string>>
}

export const NO_KEEPER: JournalKeeper = {
  opened: () => {},
  begun: () => ({ number: 0, env: {} }),
  ended: () => {},
  roundBegun: () => 0,
  roundEnded: () => {},
}
