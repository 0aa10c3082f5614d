import type { SpanTable } from '../model/span-table.ts'
import { findTraces } from './find-traces.ts'
import { type NativeRows, readNative } from './native-reader.ts'
import {
  bigints,
  numbers,
  RESOURCE_OF_SPAN,
  RESOURCE_SELECT,
  SPAN_SELECT,
  spansOfResult,
  strings,
} from './rows-to-table.ts'
import { spanKindOf, tracesTableDdl } from './schema.ts'
import { type ExtraAttributes, SpanBlockEncoder } from './span-block.ts'
import type { Operation, SpanStore, StoreStats } from './span-store.ts'
import type { SqlEngine } from './sql-engine.ts'
import { sqlInterval, sqlMoment, sqlName, sqlString } from './sql-literal.ts'

/** Spans a block: below 50 k an insert costs twice as much, above 120 k it only costs memory. */
export const BLOCK_ROWS_MAX = 100_000

export type SqlSpanStore = SpanStore & {
  /** As `append`, with more attributes for some rows. */
  appendWith(spans: SpanTable, extraAttributes: ExtraAttributes | undefined): Promise<void>
  /** Distinct trace ids. */
  countTraces(): Promise<number>
}

/** A span store over any engine that speaks ClickHouse's SQL. Creates its table when there is none. */
export async function openSqlSpanStore(engine: SqlEngine, table = 'otel_traces'): Promise<SqlSpanStore> {
  await engine.query(tracesTableDdl(table))
  const name = sqlName(table)
  const encoder = new SpanBlockEncoder()
  const one = async (sql: string): Promise<NativeRows | undefined> => {
    for (const block of readNative(await engine.query(sql))) return block
    return undefined
  }
  // One encoder, one session: blocks go one after the other.
  let last: Promise<unknown> = Promise.resolve()
  const appendWith = (added: SpanTable, extra: ExtraAttributes | undefined): Promise<void> => {
    const run = last.then(async () => {
      for (let from = 0; from < added.length; from += BLOCK_ROWS_MAX) {
        const to = Math.min(added.length, from + BLOCK_ROWS_MAX)
        await engine.insertNative(name, BLOCK_COLUMNS, encoder.encode(added, from, to, extra))
      }
    })
    last = run.catch(() => undefined)
    return run
  }
  return {
    append: (added) => appendWith(added, undefined),
    appendWith,
    traceById: async (traceId) => {
      const where = `TraceId = ${sqlString(traceId.toLowerCase().padStart(32, '0'))}`
      // With the resource in every row: they are few, and a second query costs as much as the first.
      const trace = await engine.query(
        `SELECT ${SPAN_SELECT}, Marks, ${RESOURCE_OF_SPAN} FROM ${name} WHERE ${where} ORDER BY Timestamp`,
      )
      return spansOfResult(trace, trace)
    },
    findTraces: (filter) => findTraces(engine, name, filter),
    services: async () => {
      const block = await one(`SELECT DISTINCT ServiceName FROM ${name} ORDER BY ServiceName`)
      return block === undefined ? [] : strings(block, 'ServiceName')
    },
    operations: async (service) => operationsOf(await engine.query(operationsSql(name, service))),
    loadColumns: async (interval) => {
      const where = sqlInterval(interval)
      return spansOfResult(
        // Not sorted: moving all columns of every row costs more than reading them.
        await engine.query(`SELECT ${SPAN_SELECT}, Marks FROM ${name} WHERE ${where}`),
        // After the spans, so that none of them can lack its resource.
        await engine.query(`SELECT ${RESOURCE_SELECT} FROM ${name} WHERE ${where} GROUP BY ResourceKey`),
      )
    },
    stats: async () => statsOf(await one(statsSql(name)), await one(bytesSql(table))),
    deleteBefore: (momentNs) => deleteBefore(engine, table, momentNs),
    countTraces: async () => {
      const block = await one(`SELECT uniqExact(TraceId) AS Traces FROM ${name}`)
      return block === undefined ? 0 : (numbers(block, 'Traces')[0] ?? 0)
    },
    close: async () => {
      await last
      await engine.close()
    },
  }
}

/** In the order of `SpanBlockEncoder`. */
export const BLOCK_COLUMNS: readonly string[] = [
  ...['Timestamp', 'TraceId', 'SpanId', 'ParentSpanId', 'TraceState', 'SpanName', 'SpanKind', 'ServiceName'],
  ...['ResourceAttributes', 'ScopeName', 'ScopeVersion', 'SpanAttributes', 'Duration', 'StatusCode'],
  ...['StatusMessage', 'Events.Timestamp', 'Events.Name', 'Events.Attributes'],
  ...['Links.TraceId', 'Links.SpanId', 'Links.TraceState', 'Links.Attributes', 'Marks'],
]

function operationsSql(name: string, service: string): string {
  return `SELECT SpanName, SpanKind, toUInt64(count()) AS Spans FROM ${name}
WHERE ServiceName = ${sqlString(service)} GROUP BY SpanName, SpanKind ORDER BY SpanName, SpanKind LIMIT 10000`
}

function operationsOf(result: Uint8Array): Operation[] {
  return [...readNative(result)].flatMap((block) =>
    strings(block, 'SpanName').map((name, row) => ({
      name,
      kind: spanKindOf(strings(block, 'SpanKind')[row] ?? ''),
      spans: numbers(block, 'Spans')[row] ?? 0,
    })),
  )
}

function statsSql(name: string): string {
  return `SELECT toUInt64(count()) AS Spans, toUnixTimestamp64Nano(min(Timestamp)) AS Oldest,
  toUnixTimestamp64Nano(max(Timestamp)) AS Newest FROM ${name}`
}

function bytesSql(table: string): string {
  return `SELECT toUInt64(sum(bytes_on_disk)) AS Bytes FROM system.parts
WHERE active AND database = currentDatabase() AND table = ${sqlString(table)}`
}

function statsOf(counts: NativeRows | undefined, sizes: NativeRows | undefined): StoreStats {
  const spans = counts === undefined ? 0 : (numbers(counts, 'Spans')[0] ?? 0)
  return {
    spans,
    bytes: sizes === undefined ? 0 : (numbers(sizes, 'Bytes')[0] ?? 0),
    oldestNs: spans === 0 || counts === undefined ? undefined : bigints(counts, 'Oldest')[0],
    newestNs: spans === 0 || counts === undefined ? undefined : bigints(counts, 'Newest')[0],
  }
}

/**
 * Whole days by dropping their partition, which costs nothing; the rows of the day that is left are marked as
 * deleted, and their space comes back with the rest of the day. A mutation would write the day anew each time.
 */
async function deleteBefore(engine: SqlEngine, table: string, momentNs: bigint): Promise<void> {
  const name = sqlName(table)
  const moment = sqlMoment(momentNs)
  const partitions =
    await engine.query(`SELECT partition_id AS Id, toUInt8(toDate(partition) < toDate(${moment})) AS Whole
FROM system.parts WHERE active AND database = currentDatabase() AND table = ${sqlString(table)}
  AND toDate(partition) <= toDate(${moment}) GROUP BY Id, Whole`)
  for (const block of readNative(partitions)) {
    const whole = numbers(block, 'Whole')
    for (const [i, id] of strings(block, 'Id').entries())
      await engine.query(
        whole[i] === 1
          ? `ALTER TABLE ${name} DROP PARTITION ID ${sqlString(id)}`
          : `DELETE FROM ${name} IN PARTITION ID ${sqlString(id)} WHERE Timestamp < ${moment}`,
      )
  }
}
