import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import type { Session } from 'chdb'
import { errorText } from '../model/error-text.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import { clearBlocks } from './block-directory.ts'
import { isRunning } from './is-running.ts'
import type { SqlEngine } from './sql-engine.ts'
import { sqlString } from './sql-literal.ts'

export type ChdbEngine = SqlEngine & {
  /** Where blocks may be written for `insertFile`; on the data's own disk. */
  readonly blockDirectory: string
  /** Inserts a file with a Native block, then removes it (not when it fails); the same block id is inserted once. */
  insertFile(table: string, columns: readonly string[], file: string, blockId?: string): Promise<void>
}

export type ChdbOptions = {
  readonly dataDirectory: string
  /** What the engine may use for queries and merges. */
  readonly memoryBytesMax?: number | undefined
}

/**
 * Opens the ClickHouse engine in this process (chDB, an optional dependency).
 *
 * One process a data directory, one data directory a process, and never in a worker thread: the
 * engine crashes there. Writes and reads have a session each, for a session runs one query at a time.
 *
 * @throws ProblemError (exit code 4) when chDB is not installed or the directory is in use
 */
export async function openChdbEngine(options: ChdbOptions): Promise<ChdbEngine> {
  if (!isMainThread) throw new Error('chDB crashes in worker threads')
  const dataDirectory = resolve(options.dataDirectory)
  const chdb = await importChdb()
  const blockDirectory = join(dataDirectory, 'tmp')
  await mkdir(blockDirectory, { recursive: true })
  const sessions = await openSessions(chdb.Session, dataDirectory, options.memoryBytesMax ?? 2 * 1024 ** 3)
  // Not before the directory is ours.
  await clearBlocks(blockDirectory)
  const insertFile: ChdbEngine['insertFile'] = async (table, columns, file, blockId) => {
    const once = blockId === undefined ? '' : `SETTINGS insert_deduplication_token = ${sqlString(blockId)}`
    const list = columns.map((column) => `\`${column}\``).join(', ')
    await sessions.writing.queryAsync(
      `INSERT INTO ${table} (${list}) ${once} SELECT ${list} FROM file(${sqlString(file)}, 'Native')`,
    )
    await rm(file, { force: true })
  }
  return {
    blockDirectory,
    insertFile,
    query: async (sql) => {
      const session = /^\s*SELECT/i.test(sql) ? sessions.reading : sessions.writing
      return (await session.queryAsync(sql, { format: 'Native' })).bytes()
    },
    // Never as inline data: what follows a blank line there would be run as SQL.
    insertNative: async (table, columns, block) => {
      const file = join(blockDirectory, `${randomUUID()}.native`)
      try {
        await writeFile(file, block, { flag: 'wx', mode: 0o600 })
        await insertFile(table, columns, file)
      } finally {
        await rm(file, { force: true })
      }
    },
    close: async () => {
      await chdb.drainPending()
      sessions.reading.close()
      sessions.writing.close()
    },
  }
}

async function importChdb(): Promise<typeof import('chdb')> {
  try {
    return await import('chdb')
  } catch (error) {
    throw new ProblemError(
      [
        {
          code: 'chdb-missing',
          what: 'Cannot open the embedded span store',
          why: `the optional package chdb did not load on ${process.platform}-${process.arch} (it has builds for Linux with glibc and for macOS): ${firstLine(error)}`,
          fix: 'Install it (npm install chdb), use a ClickHouse server (`serve --store http://host:8123`), or see runs only (`serve --no-store`)',
        },
      ],
      4,
      error,
    )
  }
}

async function openSessions(
  SessionClass: typeof Session,
  dataDirectory: string,
  memoryBytesMax: number,
): Promise<{ readonly reading: Session; readonly writing: Session }> {
  const connectionArgs = [`--max_server_memory_usage=${memoryBytesMax}`, '--mark_cache_size=67108864']
  try {
    const writing = new SessionClass(dataDirectory, { connectionArgs })
    return { writing, reading: new SessionClass(dataDirectory, { connectionArgs }) }
  } catch (error) {
    throw new ProblemError([await openProblem(dataDirectory, error)], 4, error)
  }
}

/** The engine says why on stderr only, so the lock file is asked who holds it. */
async function openProblem(dataDirectory: string, error: unknown): Promise<Problem> {
  const what = `Cannot open the span store ${dataDirectory}`
  const status = await readFile(join(dataDirectory, 'status'), 'utf8').catch(() => '')
  const pid = Number(/^PID: (\d+)/m.exec(status)?.[1] ?? 0)
  const reason = firstLine(error)
  if ((pid !== process.pid && isRunning(pid)) || /one active data directory/.test(reason))
    return {
      code: 'store-in-use',
      what,
      why: `one process may use a store at a time: ${isRunning(pid) ? `process ${pid} has it open` : reason}`,
      fix: 'Ask the running `aftershock serve` over HTTP, stop it, or give this one another data directory',
    }
  return {
    code: 'store-broken',
    what,
    why: `${reason} (the engine prints its reason on stderr)`,
    fix: 'Check that the directory can be written and was made by this program, or give another data directory',
  }
}

function firstLine(error: unknown): string {
  return errorText(error).split('\n', 1)[0] ?? ''
}
