import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../engine/clock.ts'
import { errorText } from '../../model/error-text.ts'
import type { SpanInput } from '../../model/span-input.ts'
import type { KubeClient } from '../client.ts'
import { annotationChanges, writeAnnotations } from './annotations.ts'
import type { ExperimentBook } from './experiment-book.ts'
import type { ExperimentEntry } from './experiment-entry.ts'
import { stateOf } from './experiment-json.ts'
import { experimentTrace } from './experiment-trace.ts'
import { orphansIn, removeOrphans } from './orphans.ts'
import type { Watcher } from './watcher.ts'

export type DutyOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly book: ExperimentBook
  readonly watcher: Watcher
  readonly folder: string
  /** Only the leader writes. */
  readonly isLeader: () => boolean
  readonly annotate: boolean
  readonly removeOrphans: boolean
  /** Undefined: nobody wants the experiments' traces. */
  readonly exportSpans: ((spans: readonly SpanInput[]) => void) | undefined
  readonly say: (text: string) => void
}

export type DutyCounts = {
  readonly annotationsWritten: number
  readonly annotationsRemoved: number
  readonly annotationsFailed: number
  readonly orphansRemoved: number
  readonly spansExported: number
}

export type Duties = { counts(): DutyCounts; stop(): Promise<void> }

/** Also without any change: a write may have failed, a lease may have run out. */
const LOOK_AGAIN_MS = 5_000
/** Changes come in swarms. */
const SETTLE_MS = 100

/** What the watcher does besides watching, for as long as this replica leads. */
export function startDuties(options: DutyOptions): Duties {
  const { book, clock, watcher } = options
  const stop = new AbortController()
  const counts = {
    annotationsWritten: 0,
    annotationsRemoved: 0,
    annotationsFailed: 0,
    orphansRemoved: 0,
    spansExported: 0,
  }
  const traced = tracedFile(options.folder)
  const once = async (): Promise<void> => {
    if (!options.isLeader()) return
    if (options.annotate) {
      const done = await writeAnnotations(options.client, annotationChanges(book), stop.signal)
      counts.annotationsWritten += done.written
      counts.annotationsRemoved += done.removed
      counts.annotationsFailed += done.failed
    }
    if (options.removeOrphans) {
      const orphans = orphansIn(watcher.chaosObjects(), clock.nowNs())
      counts.orphansRemoved += await removeOrphans(options.client, orphans, options.say)
    }
    if (options.exportSpans !== undefined)
      for (const entry of book.entries())
        counts.spansExported += exportOnce(entry, book, traced, options.exportSpans)
  }
  const done = (async () => {
    await watcher.ready
    let revision = 0
    while (!stop.signal.aborted) {
      await once().catch((error: unknown) => options.say(errorText(error)))
      revision = await watcher.changed(revision, LOOK_AGAIN_MS, stop.signal)
      await clock.sleep(SETTLE_MS, stop.signal)
    }
  })().catch(() => undefined)
  return {
    counts: () => counts,
    stop: async () => {
      stop.abort()
      await done
    },
  }
}

/** When it is over for now. @returns spans sent */
function exportOnce(
  entry: ExperimentEntry,
  book: ExperimentBook,
  traced: TracedFile,
  send: (spans: readonly SpanInput[]) => void,
): number {
  const state = stateOf(entry)
  if (state !== 'archived' && state !== 'finished') return 0
  const found = book.windowsOf(entry)
  const word = `${entry.uid} ${found.windows.length}`
  if (traced.has(word)) return 0
  const spans = experimentTrace(entry, found)
  if (spans.length === 0) return 0
  send(spans)
  traced.add(word)
  return spans.length
}

type TracedFile = { has(word: string): boolean; add(word: string): void }

/** After a restart nothing is sent again. */
function tracedFile(folder: string): TracedFile {
  const file = join(folder, 'traced.txt')
  const known = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
  return {
    has: (word) => known.has(word),
    add: (word) => {
      known.add(word)
      appendFileSync(file, `${word}\n`)
    },
  }
}
