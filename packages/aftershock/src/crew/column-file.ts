import { closeSync, openSync, readSync, unlinkSync, writevSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Column } from '../analysis/numbers/columns.ts'
import { ProblemError } from '../model/problem.ts'

/**
 * A file of columns that has no name: it is gone when the process is, however that ends. Threads of the process may
 * read it by its descriptor.
 *
 * @returns its descriptor
 * @throws ProblemError when the folder for temporary files takes none
 */
export function openNamelessFile(): number {
  const path = join(tmpdir(), `aftershock-${process.pid}-${crypto.randomUUID()}`)
  try {
    const file = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    return file
  } catch (error) {
    throw noRoom(error as Error)
  }
}

export function closeFile(file: number): void {
  closeSync(file)
}

/**
 * Writes columns one behind the other.
 *
 * @returns how many bytes they take
 * @throws ProblemError when there is no room for them
 */
export function writeColumns(file: number, columns: readonly Column[], atByte: number): number {
  let left = columns.filter((column) => column.byteLength > 0).map(bytesOf)
  let at = atByte
  try {
    while (left.length > 0) {
      let written = writevSync(file, left.slice(0, VIEWS_MAX), at)
      at += written
      // What a call leaves is written by the next.
      while (left.length > 0 && written >= left[0].length) written -= (left.shift() as Uint8Array).length
      if (written > 0) left = [left[0].subarray(written), ...left.slice(1)]
    }
  } catch (error) {
    throw noRoom(error as Error)
  }
  return at - atByte
}

/** Views that one call takes (IOV_MAX). */
const VIEWS_MAX = 512

/** Fills a column, or a part of one. */
export function readColumn(file: number, into: Column, atByte: number): void {
  const bytes = bytesOf(into)
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, atByte + done)
    if (read === 0) throw new Error(`a file of columns ends at byte ${atByte + done}`)
    done += read
  }
}

function bytesOf(column: Column): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
}

/** Exit code 4: it is the machine that is not ready. */
function noRoom(error: Error): ProblemError {
  const problem = {
    code: 'temp-folder',
    what: 'Cannot set spans aside in the folder for temporary files',
    where: { file: tmpdir() },
    why: `an analysis of so many spans needs about 0.25 KB of room there for each: ${error.message}`,
    fix: 'Make room there, name another folder in TMPDIR, or analyse fewer spans with --spans-max',
  }
  return new ProblemError([problem], 4, error)
}
