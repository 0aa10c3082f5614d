import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { RunEvent, TimedRunEvent } from '../model/run.ts'
import { type Clock, isoOf } from './clock.ts'
import type { Recorder } from './ports.ts'

/** `.aftershock/runs/<id>/` while it is being written. */
export type RunFolder = Recorder & {
  readonly id: string
  readonly path: string
  events(): readonly TimedRunEvent[]
  /** Whole or not at all: written beside and renamed. */
  write(file: string, content: string | Uint8Array): void
  read(file: string): Buffer
  log(text: string): void
  close(): void
}

/** Creates the folder of a run; `latest` names it from now on. */
export function createRunFolder(home: string, id: string, clock: Clock): RunFolder {
  const path = join(home, 'runs', id)
  mkdirSync(path, { recursive: true })
  const eventsFd = openSync(join(path, 'events.ndjson'), 'a')
  const logFd = openSync(join(path, 'log.txt'), 'a')
  writeWhole(join(home, 'latest'), `${id}\n`)
  const events: TimedRunEvent[] = []
  return {
    id,
    path,
    events: () => events,
    record: (event: RunEvent) => {
      const timed = { at: isoOf(clock.nowNs()), ...event }
      events.push(timed)
      writeSync(eventsFd, `${JSON.stringify(timed)}\n`)
      // A fault must never act before the disk knows of it.
      fsyncSync(eventsFd)
    },
    write: (file, content) => writeWhole(join(path, file), content),
    read: (file) => readFileSync(join(path, file)),
    log: (text) => {
      writeSync(logFd, `${isoOf(clock.nowNs())} ${text}\n`)
    },
    close: () => {
      closeSync(eventsFd)
      closeSync(logFd)
    },
  }
}

/** The events of a run, as far as they can be read; a line cut off by a kill is left out. */
export function readEvents(path: string): readonly TimedRunEvent[] {
  let text: string
  try {
    text = readFileSync(join(path, 'events.ndjson'), 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as TimedRunEvent]
    } catch {
      return []
    }
  })
}

/** `r-` and six letters or digits that cannot be misread. */
export function newRunId(nowNs: bigint, pid: number): string {
  const alphabet = '23456789abcdefghjkmnpqrstuvwxyz'
  let rest = nowNs / 1_000n + BigInt(pid) * 7_919n
  let id = ''
  for (let i = 0; i < 6; i++) {
    id = alphabet[Number(rest % BigInt(alphabet.length))] + id
    rest /= BigInt(alphabet.length)
  }
  return `r-${id}`
}

function writeWhole(file: string, content: string | Uint8Array): void {
  const beside = `${file}.${process.pid}.part`
  try {
    writeFileSync(beside, content, { flush: true })
    renameSync(beside, file)
  } catch (error) {
    // A full disk: the half file would only take the room that is missing.
    rmSync(beside, { force: true })
    // What the system says of a descriptor names no file, and nobody knows the one beside.
    throw Object.assign(error as NodeJS.ErrnoException, { path: file, syscall: 'open' })
  }
}
