import { removeJournal } from './block-journal.ts'
import { BODY_LIMITS } from './received-body.ts'
import { QUEUE_LIMITS, type QueueLimits, type SpanCollector, startDecoding } from './span-collector.ts'

/** What a store must offer to be fed by blocks; `ChdbSpanStore` does. */
export type BlockStore = {
  /** Module that exports `SpanBlockEncoder`; loaded by the worker. */
  readonly encoderUrl: string
  readonly blockDirectory: string
  /** Resolves when the spans of the block are durable; takes a block id only once. */
  appendBlockFile(file: string, blockId: string): Promise<void>
}

export type StoreCollector = Omit<SpanCollector, 'finish'> & {
  /** Takes no more; resolves when everything is in the store. Rejects with the first error it had. */
  finish(): Promise<void>
}

/** Blocks that may wait for the store; then senders are told to come back later. */
const BLOCKS_WAITING_MAX = 3
/** Between tries to store a block; after the last one its journal is left for the next start. */
const PAUSES_MS = [200, 1000, 5000, 15_000]

/**
 * A collector that puts what it receives into a store, a block of 100 k spans or of a second at a time.
 *
 * A span that was accepted is in the store within about two seconds. Until then its body is in a journal
 * beside the store, so that a process that is killed loses nothing that was answered.
 */
export async function startStoreCollector(
  store: BlockStore,
  options: { readonly queue?: QueueLimits | undefined; readonly onError?: (error: unknown) => void } = {},
): Promise<StoreCollector> {
  const state: { waiting: number; inserting: Promise<void>; closing: boolean; failure: unknown } = {
    waiting: 0,
    inserting: Promise.resolve(),
    closing: false,
    failure: undefined,
  }
  const insert = async (file: string, blockId: string): Promise<void> => {
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      try {
        await store.appendBlockFile(file, blockId)
        removeJournal(store.blockDirectory, blockId)
        break
      } catch (error) {
        options.onError?.(error)
        if (pauseMs === undefined || state.closing) {
          state.failure ??= error
          break
        }
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
    }
    state.waiting -= 1
  }
  const decoding = await startDecoding(
    {
      kind: 'blocks',
      options: {
        encoderUrl: store.encoderUrl,
        directory: store.blockDirectory,
        decompressedBytesMax: BODY_LIMITS.decompressedBytesMax,
      },
    },
    options.queue ?? QUEUE_LIMITS,
    {
      onBlock: (file, blockId) => {
        state.waiting += 1
        state.inserting = state.inserting.then(() => insert(file, blockId))
      },
      isFull: () => state.waiting >= BLOCKS_WAITING_MAX,
    },
  )
  return {
    ...decoding,
    finish: async () => {
      state.closing = true
      await decoding.finish()
      await state.inserting
      if (state.failure !== undefined) throw state.failure
    },
  }
}
