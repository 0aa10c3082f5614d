import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

/** After a kill in the middle of a line the next one must not be glued to it. */
export function endLine(file: string): void {
  if (!existsSync(file)) return
  const text = readFileSync(file)
  if (text.length === 0 || text.at(-1) === 10) return
  const fd = openSync(file, 'a')
  writeSync(fd, '\n')
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
