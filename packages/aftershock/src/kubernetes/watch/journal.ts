import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { decodeSighting, encodeSighting, type Sighting } from './sighting.ts'

/** What the watcher saw, on disk as it came, so that a restart or a kill loses nothing. */
export type Journal = {
  /** In order; a line that was cut short by a kill is passed over. */
  read(): readonly Sighting[]
  append(sighting: Sighting): void
  /** Everything appended is on the disk. */
  flush(): void
  /** Bytes that it takes now. */
  bytes(): number
  /** Replaces all that is in it, whole or not at all. */
  rewrite(sightings: Iterable<Sighting>): void
  /** When anything was appended last, by the file's own time. */
  lastMs(): number | undefined
  close(): void
}

export function openJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'journal.ndjson')
  const lastMs = existsSync(file) ? statSync(file).mtimeMs : undefined
  endLine(file)
  let fd = openSync(file, 'a')
  let bytes = statSync(file).size
  const write = (to: number, sighting: Sighting): number => writeSync(to, `${encodeSighting(sighting)}\n`)
  return {
    read: () => readLines(file),
    append: (sighting) => {
      bytes += write(fd, sighting)
    },
    flush: () => fsyncSync(fd),
    bytes: () => bytes,
    rewrite: (sightings) => {
      const beside = `${file}.part`
      const next = openSync(beside, 'w')
      let size = 0
      for (const sighting of sightings) size += write(next, sighting)
      fsyncSync(next)
      renameSync(beside, file)
      closeSync(fd)
      fd = next
      bytes = size
    },
    lastMs: () => lastMs,
    close: () => {
      fsyncSync(fd)
      closeSync(fd)
    },
  }
}

/** After a kill in the middle of a line the next one must not be glued to it. */
function endLine(file: string): void {
  if (!existsSync(file)) return
  const text = readFileSync(file)
  if (text.length === 0 || text.at(-1) === 10) return
  const fd = openSync(file, 'a')
  writeSync(fd, '\n')
  closeSync(fd)
}

function readLines(file: string): readonly Sighting[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : (decodeSighting(line) ?? [])))
}
