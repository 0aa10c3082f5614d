import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'

/** After a kill in the middle of a line the next one must not be glued to it. */
export function endLine(file: string): void {
  if (!existsSync(file)) return
  const fd = openSync(file, 'a+')
  const last = Buffer.alloc(1)
  const { size } = fstatSync(fd)
  if (size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10) writeSync(fd, '\n')
  closeSync(fd)
}

/**
 * Replaces all that is in the file, whole or not at all.
 *
 * @returns the new file, open for writing at its end, and its bytes
 */
export function replaceLines(file: string, lines: Iterable<string>): { fd: number; bytes: number } {
  const beside = `${file}.part`
  const fd = openSync(beside, 'w')
  let bytes = 0
  for (const line of lines) bytes += writeSync(fd, `${line}\n`)
  fsyncSync(fd)
  renameSync(beside, file)
  return { fd, bytes }
}
