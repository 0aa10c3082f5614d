import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { errorText } from '../../model/error-text.ts'
import { Refused } from './stops.ts'

/**
 * Where the journal goes, and how: `replaced` as a whole, so that a reader never sees half of it; `in-place` where
 * nothing can stand beside it (a single file that is mounted); `once`, at the end, into a pipe or a device.
 */
export type JournalPlace = { readonly path: string; readonly writing: 'replaced' | 'in-place' | 'once' }

/** @throws Refused when it cannot be written: said before the run, where the reference loses the journal after it */
export function journalPlace(given: string): JournalPlace {
  const refuse = (why: string) => new Refused(`the journal cannot be written to ${given || "''"}: ${why}`)
  if (given === '') throw refuse('that is no name of a file')
  const found = statSync(given, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) throw refuse('that is a folder')
  if (found !== undefined && !found.isFile()) return { path: given, writing: 'once' }
  const path = linkedPlace(given)
  const beside = problemOf(() => openAndClose(`${path}.tmp`, 'w'))
  if (beside === undefined) {
    rmSync(`${path}.tmp`, { force: true })
    return { path, writing: 'replaced' }
  }
  if (found === undefined || problemOf(() => openAndClose(path, 'r+')) !== undefined) throw refuse(beside)
  return { path, writing: 'in-place' }
}

/** What is at the end of a link is replaced, not the link. */
export function linkedPlace(given: string): string {
  return statSync(given, { throwIfNoEntry: false })?.isFile() === true ? realpathSync(given) : given
}

/** @param care - `durable`: on the disk when it returns */
export function writeJournal({ path, writing }: JournalPlace, text: string, care: 'quick' | 'durable'): void {
  if (writing !== 'replaced') {
    writeFileSync(path, text)
    return
  }
  const part = `${path}.tmp`
  const file = openSync(part, 'w')
  try {
    writeFileSync(file, text)
    if (care === 'durable') fsyncSync(file)
  } finally {
    closeSync(file)
  }
  try {
    renameSync(part, path)
  } catch (error) {
    // A file that is mounted by itself can be written, not replaced.
    if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY')) throw error
    rmSync(part, { force: true })
    writeFileSync(path, text)
  }
}

function openAndClose(path: string, flags: 'w' | 'r+'): void {
  closeSync(openSync(path, flags))
}

function problemOf(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return errorText(error)
  }
}
