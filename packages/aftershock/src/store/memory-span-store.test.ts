import { memorySpanStore } from './memory-span-store.ts'
import { spanStoreContract } from './span-store.contract.ts'

spanStoreContract('memorySpanStore()', async () => memorySpanStore())
