import { closeSync, fstatSync, openSync, writeSync } from 'node:fs'

/** Output of one process in a file that has a limit; the last lines are kept in memory for problems. */
export type LimitedLog = {
  readonly file: string
  write(chunk: Uint8Array): void
  /** The last lines, oldest first, also of what the file had no room for. */
  tail(): readonly string[]
  close(): void
}

/**
 * Appends to `file` until it holds `bytesMax`; then says so in one line and drops the rest.
 * A write that fails (disk full) ends writing, never the process that owns the log.
 */
export function openLimitedLog(file: string, bytesMax: number): LimitedLog {
  let fd: number | undefined = openSync(file, 'a')
  let bytes = fstatSync(fd).size
  let recent = ''
  const close = (): void => {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }
  const put = (data: Uint8Array | string): void => {
    if (fd === undefined) return
    try {
      if (typeof data === 'string') writeSync(fd, data)
      else writeSync(fd, data)
    } catch {
      close()
    }
  }
  return {
    file,
    write: (chunk) => {
      recent = (recent + Buffer.from(chunk).toString('utf8')).slice(-TAIL_CHARACTERS)
      if (bytes >= bytesMax) return
      put(chunk)
      bytes += chunk.length
      if (bytes >= bytesMax) put(`\n… output ends here: the log has reached its limit of ${bytesMax} bytes\n`)
    },
    tail: () =>
      recent
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-TAIL_LINES),
    close,
  }
}

const TAIL_LINES = 12
const TAIL_CHARACTERS = 8_192
