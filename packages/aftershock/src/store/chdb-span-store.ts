import { type ChdbOptions, openChdbEngine } from './chdb-engine.ts'
import { BLOCK_COLUMNS, openSqlSpanStore, type SqlSpanStore } from './sql-span-store.ts'

const TABLE = 'otel_traces'

/** The store of `serve`: on disk, in this process. */
export type ChdbSpanStore = SqlSpanStore & {
  /** Module with the encoder of blocks, for the worker that writes them. */
  readonly encoderUrl: string
  /** Where a worker may write Native blocks for `appendBlockFile`. */
  readonly blockDirectory: string
  /** Takes over a file with a block of `SpanBlockEncoder`; resolves when its spans are durable. The same block id twice: taken once. */
  appendBlockFile(file: string, blockId?: string): Promise<void>
}

/** @throws ProblemError (exit code 4) when chDB is not installed or the directory is in use */
export async function openChdbSpanStore(options: ChdbOptions): Promise<ChdbSpanStore> {
  const engine = await openChdbEngine(options)
  try {
    const store = await openSqlSpanStore(engine, TABLE)
    return {
      ...store,
      encoderUrl: encoderUrl(),
      blockDirectory: engine.blockDirectory,
      appendBlockFile: (file, blockId) => engine.insertFile(`\`${TABLE}\``, BLOCK_COLUMNS, file, blockId),
    }
  } catch (error) {
    await engine.close()
    throw error
  }
}

/** Beside this file, in source as in a build. */
function encoderUrl(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./span-block.${extension}`, import.meta.url).href
}
