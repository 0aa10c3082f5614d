import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Archived } from './experiment-book.ts'
import { endLine, replaceLines } from './line-file.ts'

/** Experiments that are over, for as long as `keepMs`: longer than the cluster keeps their events. */
export type Archive = {
  add(archived: readonly Archived[]): void
  /** Newest first. */
  all(): readonly Archived[]
  /** Drops what is older than `keepMs`, or beyond the limit. */
  expire(nowMs: number): void
}

const ARCHIVED_MAX = 5_000

export function openArchive(folder: string, keepMs: number): Archive {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'archive.ndjson')
  endLine(file)
  let kept: readonly Archived[] = existsSync(file) ? readArchive(file) : []
  return {
    add: (archived) => {
      if (archived.length === 0) return
      const fd = openSync(file, 'a')
      for (const one of archived) writeSync(fd, `${JSON.stringify(one)}\n`)
      fsyncSync(fd)
      closeSync(fd)
      kept = [...kept, ...archived]
    },
    all: () => kept.toReversed(),
    expire: (nowMs) => {
      const young = kept.filter((one) => nowMs - endMs(one) < keepMs).slice(-ARCHIVED_MAX)
      if (young.length === kept.length) return
      kept = young
      closeSync(
        replaceLines(
          file,
          kept.map((one) => JSON.stringify(one)),
        ).fd,
      )
    },
  }
}

function endMs({ experiment, events }: Archived): number {
  return Date.parse(experiment.goneAt ?? events.at(-1)?.at ?? '') || 0
}

function readArchive(file: string): readonly Archived[] {
  const byId = new Map<string, Archived>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const one = parsed(line)
    if (one !== undefined) byId.set(one.experiment.id, one)
  }
  return [...byId.values()]
}

function parsed(line: string): Archived | undefined {
  try {
    const one = JSON.parse(line) as Archived
    return typeof one.experiment?.id === 'string' ? one : undefined
  } catch {
    return undefined
  }
}
