import { appendLine } from '../process/process-record.ts'

/** What the warden did, appended and on disk before it goes on. */
export type WardenJournal = {
  write(what: string, facts?: Readonly<Record<string, unknown>>): void
  /** Lines that could not be written (disk full); undoing goes on without them. */
  lost(): number
}

export function wardenJournal(file: string): WardenJournal {
  let lost = 0
  return {
    write: (what, facts = {}) => {
      try {
        appendLine(file, { at: new Date().toISOString(), warden: process.pid, what, ...facts })
      } catch {
        lost += 1
      }
    },
    lost: () => lost,
  }
}
