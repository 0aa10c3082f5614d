import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { endLine, replaceLines } from './line-file.ts'
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
  return {
    read: () => readLines(file),
    append: (sighting) => {
      bytes += writeSync(fd, `${encodeSighting(sighting)}\n`)
    },
    flush: () => fsyncSync(fd),
    bytes: () => bytes,
    rewrite: (sightings) => {
      const next = replaceLines(file, encoded(sightings))
      closeSync(fd)
      fd = next.fd
      bytes = next.bytes
    },
    lastMs: () => lastMs,
    close: () => {
      fsyncSync(fd)
      closeSync(fd)
    },
  }
}

function* encoded(sightings: Iterable<Sighting>): Iterable<string> {
  for (const sighting of sightings) yield encodeSighting(sighting)
}

function readLines(file: string): readonly Sighting[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : (decodeSighting(line) ?? [])))
}
