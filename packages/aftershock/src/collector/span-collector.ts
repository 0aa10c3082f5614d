import nodeModule from 'node:module'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue, SpanTable } from '../model/span-table.ts'
import { type CollectedCounts, Collecting, type CollectingOptions, tableOf } from './collecting.ts'
import type { Acceptance, BodySink, ReceivedBody } from './received-body.ts'
import type { TagWindow } from './tag.ts'
import { waitingBodies } from './waiting-bodies.ts'
import type { FromWorker, ToWorker, WorkerTask } from './worker-messages.ts'

/** Everything that sends spans ends here; what it collected becomes one SpanTable. */
export type SpanCollector = {
  /** For receivers. Refuses (`busy`, counted) when the queue is full, never waits for room. */
  readonly receive: BodySink
  /** Spans made by us: the load's client spans, the run's own trace. */
  addSpans(resource: Readonly<Record<string, AttributeValue>>, spans: readonly SpanInput[]): void
  /** Spans are tagged with the windows known last; in the file, with those known 2 s after they came. */
  setWindows(windows: readonly TagWindow[]): void
  /** As of about a quarter of a second ago. */
  stats(): CollectorStats
  /** Takes no more, writes the file to its end, and gives everything back. */
  finish(): Promise<SpanTable>
}

export type CollectorStats = CollectedCounts & {
  /** Bodies refused because the queue was full; their senders try again. */
  readonly refusedBodies: number
  readonly queuedBodies: number
  readonly queuedBytes: number
  /** Over about the last second. */
  readonly spansPerSecond: number
}

export type QueueLimits = { readonly bodiesMax: number; readonly bytesMax: number }
export const QUEUE_LIMITS: QueueLimits = { bodiesMax: 4096, bytesMax: 64 << 20 }

export type SpanCollectorOptions = Partial<CollectingOptions> & { readonly queue?: QueueLimits | undefined }

const BUSY: Acceptance = { kind: 'busy', retryAfterMs: 1000 }
const NO_COUNTS: CollectedCounts = {
  bodies: 0,
  badBodies: 0,
  spans: 0,
  droppedSpans: 0,
  invalidSpans: 0,
  logRecords: 0,
  services: [],
  archiveWaitingBytes: 0,
  writeFailure: undefined,
}

/** A collector whose decoding runs in a worker thread, so that proxies and load keep their timing. */
export async function startSpanCollector(options: SpanCollectorOptions = {}): Promise<SpanCollector> {
  const { queue, ...collecting } = options
  const decoding = await startDecoding({ kind: 'columns', options: collecting }, queue ?? QUEUE_LIMITS)
  return {
    ...decoding,
    finish: async () => {
      const finished = await decoding.finish()
      if (finished.table === undefined) throw new Error('the decode worker gave no columns')
      return tableOf(finished.table)
    },
  }
}

/** The same without a thread, for tests and for a few spans. */
export function inProcessSpanCollector(options: Partial<CollectingOptions> = {}): SpanCollector {
  const collecting = new Collecting(options)
  const timer = setInterval(() => void collecting.flush(), 500)
  timer.unref()
  const rate = rateOf()
  return {
    receive: async (body) => collecting.accept(body),
    addSpans: (resource, spans) => collecting.addSpans(resource, spans),
    setWindows: (windows) => collecting.setWindows(windows),
    stats: () => {
      const counts = collecting.counts()
      const spansPerSecond = rate(counts.spans)
      return { ...counts, refusedBodies: 0, queuedBodies: 0, queuedBytes: 0, spansPerSecond }
    },
    finish: async () => {
      clearInterval(timer)
      return tableOf(await collecting.finish())
    },
  }
}

export type Decoding = Omit<SpanCollector, 'finish'> & {
  finish(): Promise<Extract<FromWorker, { readonly kind: 'finished' }>>
}

/** Starts the worker and keeps the queue before it. `onBlock` is called for each block of a `blocks` task. */
export async function startDecoding(
  task: WorkerTask,
  limits: QueueLimits,
  hooks: {
    readonly onBlock?: (file: string, blockId: string) => void
    /** Blocks of the store that are not inserted yet make the queue full, too. */
    readonly isFull?: () => boolean
  } = {},
): Promise<Decoding> {
  const worker = new Worker(workerUrl(), { workerData: task, env: cachingEnvironment() })
  const waiting = waitingBodies()
  const state = { refused: 0, counts: NO_COUNTS, closed: false }
  const rate = rateOf()
  const finished = Promise.withResolvers<Extract<FromWorker, { readonly kind: 'finished' }>>()
  finished.promise.catch(() => undefined)
  const send = (message: ToWorker, transfer: ArrayBuffer[] = []): void =>
    worker.postMessage(message, transfer)
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'answer') waiting.answer(message.id, message.acceptance)
    else if (message.kind === 'counts') state.counts = message.counts
    else if (message.kind === 'block') hooks.onBlock?.(message.file, message.blockId)
    else {
      state.counts = message.counts
      finished.resolve(message)
    }
  })
  worker.on('error', (error) => {
    state.closed = true
    finished.reject(error)
    waiting.answerAll(BUSY)
  })
  const isFull = (): boolean =>
    waiting.count() >= limits.bodiesMax ||
    waiting.bytes() >= limits.bytesMax ||
    state.counts.archiveWaitingBytes > ARCHIVE_WAITING_MAX ||
    hooks.isFull?.() === true
  return {
    receive: (body: ReceivedBody) => {
      if (state.closed || isFull()) {
        state.refused += 1
        return Promise.resolve(BUSY)
      }
      const { id, answer } = waiting.add(body.bytes.length)
      const own = body.bytes.byteLength === body.bytes.buffer.byteLength ? body.bytes : body.bytes.slice()
      send({ kind: 'body', id, body: { ...body, bytes: own } }, [own.buffer])
      return answer
    },
    addSpans: (resource, spans) => {
      if (!state.closed) send({ kind: 'spans', resource, spans })
    },
    setWindows: (windows) => {
      if (!state.closed) send({ kind: 'windows', windows })
    },
    stats: () => ({
      ...state.counts,
      refusedBodies: state.refused,
      queuedBodies: waiting.count(),
      queuedBytes: waiting.bytes(),
      spansPerSecond: rate(state.counts.spans),
    }),
    finish: async () => {
      if (!state.closed) {
        state.closed = true
        send({ kind: 'finish' })
      }
      const last = await finished.promise
      waiting.answerAll(BUSY)
      await worker.terminate()
      return last
    },
  }
}

/** JSON that waits for the disk; a slow disk must not fill memory. */
const ARCHIVE_WAITING_MAX = 128 << 20

/** Beside this file, in source as in a build. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./decode-worker.${extension}`, import.meta.url)
}

/**
 * A thread does not take over the cache of compiled code that was chosen for its process, but does read this
 * variable: it is ready far sooner.
 */
function cachingEnvironment(): NodeJS.ProcessEnv {
  const folder = nodeModule.getCompileCacheDir?.()
  return folder === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(folder) }
}

/** Rate between looks that are a second or so apart. */
function rateOf(): (total: number) => number {
  let sinceMs = performance.now()
  let before = 0
  let perSecond = 0
  return (total) => {
    const nowMs = performance.now()
    if (nowMs - sinceMs >= 1000) {
      perSecond = ((total - before) * 1000) / (nowMs - sinceMs)
      sinceMs = nowMs
      before = total
    }
    return Math.round(perSecond)
  }
}
