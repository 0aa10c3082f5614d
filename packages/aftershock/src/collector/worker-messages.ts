import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import type { CollectedCounts, CollectedTable, CollectingOptions } from './collecting.ts'
import type { Acceptance, ReceivedBody } from './received-body.ts'
import type { TagWindow } from './tag.ts'

/** What the decode worker is started with. */
export type WorkerTask =
  | { readonly kind: 'columns'; readonly options: Partial<CollectingOptions> }
  | { readonly kind: 'blocks'; readonly options: BlockOptions }

export type BlockOptions = {
  /**
   * Module that exports `SpanBlockEncoder`: the store's, named by whoever puts both together, so that the
   * collector does not depend on a store.
   */
  readonly encoderUrl: string
  readonly directory: string
  readonly decompressedBytesMax: number
}

export type ToWorker =
  | { readonly kind: 'body'; readonly id: number; readonly body: ReceivedBody }
  | {
      readonly kind: 'spans'
      readonly resource: Readonly<Record<string, AttributeValue>>
      readonly spans: readonly SpanInput[]
    }
  | { readonly kind: 'windows'; readonly windows: readonly TagWindow[] }
  | { readonly kind: 'finish' }

export type FromWorker =
  | { readonly kind: 'answer'; readonly id: number; readonly acceptance: Acceptance }
  | { readonly kind: 'counts'; readonly counts: CollectedCounts }
  /** A Native block lies in `file`, ready to be inserted. */
  | { readonly kind: 'block'; readonly file: string; readonly blockId: string }
  | {
      readonly kind: 'finished'
      readonly table: CollectedTable | undefined
      readonly counts: CollectedCounts
    }
