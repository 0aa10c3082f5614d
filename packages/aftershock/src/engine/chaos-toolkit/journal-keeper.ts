import type { PyDict } from '../../formats/chaos-toolkit/values.ts'

/**
 * Keeps the journal on disk while the run goes on, so that it is whole after any death. `ahead` is called before a
 * step acts, `progress` after it ended.
 */
export type JournalKeeper = {
  readonly ahead: (step: string, journal: PyDict) => void
  readonly progress: (step: string, journal: PyDict) => void
}

export const NO_KEEPER: JournalKeeper = { ahead: () => {}, progress: () => {} }
