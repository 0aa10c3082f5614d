import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import { BlockJournal, journalsIn, readJournal } from './block-journal.ts'
import type { ReceivedBody } from './received-body.ts'
import { type BlockStore, startStoreCollector } from './store-collector.ts'

const encoderUrl = new URL('../store/span-block.ts', import.meta.url).href

/** A store that keeps the names of blocks, as far as it gets. */
async function blockStore(appendBlockFile: BlockStore['appendBlockFile']): Promise<BlockStore> {
  return { encoderUrl, blockDirectory: await mkdtemp(join(tmpdir(), 'aftershock-blocks-')), appendBlockFile }
}

function body(n: number): ReceivedBody {
  const times = { startNs: 1_800_000_000_000_000_000n, endNs: 1_800_000_000_000_000_001n }
  const span = {
    traceId: 'ab'.repeat(16),
    spanId: n.toString(16).padStart(16, '0'),
    name: 'x',
    kind: 2,
    ...times,
  }
  const bytes = new Uint8Array(encodeOtlpProtobuf([{ resource: { 'service.name': 's' }, spans: [span] }]))
  return { signal: 'traces', encoding: 'protobuf', compression: 'identity', bytes }
}

describe('startStoreCollector()', () => {
  test('writes bodies down before it answers, and forgets them when they are stored', async () => {
    const seen: string[] = []
    const store = await blockStore(async (_, blockId) => {
      seen.push(...journalsIn(store.blockDirectory).filter((journal) => journal === blockId))
    })
    const collector = await startStoreCollector(store)
    expect(await collector.receive(body(1))).toMatchObject({ kind: 'accepted', items: 1 })
    const [journal = ''] = journalsIn(store.blockDirectory)
    expect([...readJournal(store.blockDirectory, journal)]).toEqual([body(1)])
    await collector.finish()
    expect(seen).toEqual([journal])
    expect(journalsIn(store.blockDirectory)).toEqual([])
  })

  test('stores what an earlier process had answered, under the same block id', async () => {
    const ids: string[] = []
    const store = await blockStore(async (_, blockId) => {
      ids.push(blockId)
    })
    const journal = new BlockJournal(store.blockDirectory, 'left-behind')
    journal.add(body(1))
    journal.close()
    const collector = await startStoreCollector(store)
    await collector.receive(body(2))
    await collector.finish()
    expect(ids).toHaveLength(2)
    expect(ids[0]).toBe('left-behind')
    expect((await readdir(store.blockDirectory)).filter((name) => name.endsWith('.journal'))).toEqual([])
  })

  test('keeps the journal and tells the error when the store fails', async () => {
    const store = await blockStore(() => Promise.reject(new Error('disk full')))
    const collector = await startStoreCollector(store)
    await collector.receive(body(1))
    await expect(collector.finish()).rejects.toThrow('disk full')
    expect(journalsIn(store.blockDirectory)).toHaveLength(1)
  })
})
