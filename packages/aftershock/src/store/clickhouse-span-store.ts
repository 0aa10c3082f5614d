import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { ProblemError } from '../model/problem.ts'
import { takeBlockDirectory } from './block-directory.ts'
import type { SqlEngine } from './sql-engine.ts'
import { sqlName } from './sql-literal.ts'
import { BLOCK_COLUMNS, openSqlSpanStore, type SqlSpanStore } from './sql-span-store.ts'

export type ClickhouseOptions = {
  /** For example `http://clickhouse:8123`; may have a user, a password and a database: `http://user:password@clickhouse:8123/traces`. */
  readonly url: string
  /** Default `otel_traces`, what the collector's exporter writes. */
  readonly table?: string | undefined
  /** Where blocks wait that the server has not taken yet. */
  readonly blockDirectory: string
}

export type ClickhouseSpanStore = SqlSpanStore & {
  readonly encoderUrl: string
  readonly blockDirectory: string
  /** As `ChdbSpanStore.appendBlockFile`. */
  appendBlockFile(file: string, blockId?: string): Promise<void>
}

/**
 * The span store of users who have outgrown one machine: the same SQL, on their ClickHouse.
 *
 * @throws ProblemError (exit code 4) when the server does not answer or refuses
 */
export async function openClickhouseSpanStore(options: ClickhouseOptions): Promise<ClickhouseSpanStore> {
  const table = options.table ?? 'otel_traces'
  const giveBack = await takeBlockDirectory(options.blockDirectory)
  const client = createClient({
    url: options.url,
    request_timeout: 120_000,
    // What it would print is what we report as a problem.
    log: { level: ClickHouseLogLevel.OFF },
  })
  try {
    const store = await openSqlSpanStore(clickhouseEngine(client), table)
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    return {
      ...store,
      encoderUrl: new URL(`./span-block.${extension}`, import.meta.url).href,
      blockDirectory: options.blockDirectory,
      appendBlockFile: async (file, blockId) => {
        await insert(client, sqlName(table), BLOCK_COLUMNS, createReadStream(file), blockId)
        // Kept when the server did not take it: the journal brings it again.
        await rm(file, { force: true })
      },
      close: async () => {
        await store.close()
        await giveBack()
      },
    }
  } catch (error) {
    await client.close()
    await giveBack()
    throw unreachable(options.url, error)
  }
}

function clickhouseEngine(client: ClickHouseClient): SqlEngine {
  return {
    query: async (sql) => {
      if (!/^\s*SELECT/i.test(sql)) {
        await client.command({ query: sql })
        return new Uint8Array(0)
      }
      const { stream } = await client.exec({ query: `${sql}\nFORMAT Native` })
      return buffer(stream)
    },
    // The encoder writes over the block when the next one comes, so what is sent must be a copy.
    insertNative: (table, columns, block) =>
      insert(client, table, columns, Readable.from([Buffer.from(block)]), undefined),
    close: () => client.close(),
  }
}

/** The block is the body of the request, so nothing in it can be taken for SQL. */
async function insert(
  client: ClickHouseClient,
  table: string,
  columns: readonly string[],
  block: Readable,
  blockId: string | undefined,
): Promise<void> {
  const list = columns.map((column) => `\`${column}\``).join(', ')
  const { stream } = await client.exec({
    query: `INSERT INTO ${table} (${list}) FORMAT Native`,
    values: block,
    ...(blockId === undefined ? {} : { clickhouse_settings: { insert_deduplication_token: blockId } }),
  })
  stream.resume()
  await new Promise<void>((resolve, reject) => stream.once('close', resolve).once('error', reject))
}

function unreachable(url: string, error: unknown): ProblemError {
  const why =
    error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error)
  return new ProblemError(
    [
      {
        code: 'clickhouse-unreachable',
        what: `Cannot open the span store on ${withoutPassword(url)}`,
        why: `the ClickHouse server did not answer as it should: ${why.split('\n', 1)[0]}`,
        fix: 'Check the address (the HTTP port, usually 8123), user, password and database; `curl <address>/ping` should print Ok.',
      },
    ],
    4,
    error,
  )
}

/** A URL that may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}
