import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openChdbSpanStore } from './chdb-span-store.ts'
import { spanStoreContract } from './span-store.contract.ts'

spanStoreContract('openChdbSpanStore()', async () =>
  openChdbSpanStore({ dataDirectory: await mkdtemp(join(tmpdir(), 'aftershock-store-')) }),
)
