import { parentPort, workerData } from 'node:worker_threads'
import { BlockCollecting } from './block-collecting.ts'
import { type CollectedTable, Collecting } from './collecting.ts'
import type { Acceptance } from './received-body.ts'
import type { FromWorker, ToWorker, WorkerTask } from './worker-messages.ts'

const FLUSH_MS = 250

/** The one worker: everything that costs more than moving bytes happens here. */
async function main(task: WorkerTask): Promise<void> {
  const port = parentPort
  if (port === null) throw new Error('decode-worker.ts runs as a worker thread only')
  const send = (message: FromWorker, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, [...transfer])
  const collecting =
    task.kind === 'columns'
      ? new Collecting(task.options)
      : await BlockCollecting.open(task.options, (file, blockId) => send({ kind: 'block', file, blockId }))
  const timer = setInterval(() => {
    void collecting.flush()
    send({ kind: 'counts', counts: collecting.counts() })
  }, FLUSH_MS)
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'body') {
      const acceptance: Acceptance = collecting.accept(message.body)
      send({ kind: 'answer', id: message.id, acceptance })
    } else if (message.kind === 'spans') collecting.addSpans(message.resource, message.spans)
    else if (message.kind === 'windows') collecting.setWindows(message.windows)
    else {
      clearInterval(timer)
      void collecting.finish().then((table) => {
        const counts = collecting.counts()
        send({ kind: 'finished', table, counts }, table === undefined ? [] : buffersOf(table))
        port.close()
      })
    }
  })
}

/** Every buffer once: columns share some, and a buffer can be transferred only once. */
function buffersOf({ columns, details }: CollectedTable): readonly ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const value of Object.values(columns)) {
    if (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer) buffers.add(value.buffer)
  }
  for (const source of details) if (source.kind === 'body') buffers.add(source.body.bytes.buffer)
  return [...buffers]
}

await main(workerData as WorkerTask)
