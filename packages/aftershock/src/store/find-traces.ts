import { readNative } from './native-reader.ts'
import { bigints, numbers, stringLists, strings } from './rows-to-table.ts'
import { TRACES_LIMIT_DEFAULT, TRACES_LIMIT_MAX, type TraceFilter, type TraceSummary } from './span-store.ts'
import type { SqlEngine } from './sql-engine.ts'
import { sqlInterval, sqlMoment, sqlString } from './sql-literal.ts'

/**
 * How far back to look for enough traces before looking farther. A trace found there is newer than any that is
 * not, so the answer is exact; without it the newest 20 would cost a pass over every span there is.
 */
const LOOK_BACK_NS = [60_000_000_000n, 1_800_000_000_000n, 43_200_000_000_000n]

/** `SpanStore.findTraces` in SQL. @param name - of the table, quoted */
export async function findTraces(
  engine: SqlEngine,
  name: string,
  filter: TraceFilter,
): Promise<readonly TraceSummary[]> {
  const ids = await newestIds(engine, name, filter)
  if (ids.length === 0) return []
  return summaries(
    await engine.query(`SELECT TraceId,
  toUnixTimestamp64Nano(min(Timestamp)) AS StartNs,
  toUInt64(max(toUnixTimestamp64Nano(Timestamp) + Duration) - StartNs) AS DurationNs,
  toUInt64(count()) AS Spans,
  toUInt64(countIf(StatusCode IN ('Error', 'STATUS_CODE_ERROR'))) AS Errors,
  arraySort(groupUniqArray(toString(ServiceName))) AS Services,
  toString(argMin(ServiceName, (ParentSpanId != '', Timestamp))) AS RootService,
  toString(argMin(SpanName, (ParentSpanId != '', Timestamp))) AS RootName
FROM ${name} WHERE TraceId IN (${ids.map(sqlString).join(', ')})
GROUP BY TraceId ORDER BY StartNs DESC, TraceId`),
  )
}

async function newestIds(engine: SqlEngine, name: string, filter: TraceFilter): Promise<readonly string[]> {
  const asked = Math.trunc(filter.limit ?? TRACES_LIMIT_DEFAULT)
  const limit = Math.min(TRACES_LIMIT_MAX, Math.max(1, Number.isFinite(asked) ? asked : TRACES_LIMIT_DEFAULT))
  const within = filter.interval === undefined ? '1' : sqlInterval(filter.interval)
  const [newest] = readNative(
    await engine.query(`SELECT toUnixTimestamp64Nano(max(Timestamp)) AS Newest FROM ${name} WHERE ${within}`),
  )
  const newestNs = newest === undefined ? 0n : (bigints(newest, 'Newest')[0] ?? 0n)
  for (const backNs of [...LOOK_BACK_NS, newestNs]) {
    const since = `Timestamp >= ${sqlMoment(newestNs - backNs)}`
    const found = await engine.query(
      `SELECT TraceId FROM ${name} WHERE ${since} AND ${conditionSql(filter)}
GROUP BY TraceId ORDER BY max(Timestamp) DESC LIMIT ${limit}`,
    )
    const ids = [...readNative(found)].flatMap((block) => strings(block, 'TraceId'))
    if (ids.length === limit || backNs === newestNs) return ids
  }
  return []
}

function conditionSql(filter: TraceFilter): string {
  const conditions = ['1']
  if (filter.service !== undefined) conditions.push(`ServiceName = ${sqlString(filter.service)}`)
  if (filter.operation !== undefined) conditions.push(`SpanName = ${sqlString(filter.operation)}`)
  if (filter.interval !== undefined) conditions.push(sqlInterval(filter.interval))
  const durationNsMin = Math.max(0, Math.round(filter.durationNsMin ?? 0))
  if (Number.isSafeInteger(durationNsMin) && durationNsMin > 0)
    conditions.push(`Duration >= ${durationNsMin}`)
  if (filter.status === 'error') conditions.push(`StatusCode IN ('Error', 'STATUS_CODE_ERROR')`)
  for (const [key, value] of Object.entries(filter.attributes ?? {}))
    conditions.push(
      `(SpanAttributes[${sqlString(key)}] = ${sqlString(value)} OR ResourceAttributes[${sqlString(key)}] = ${sqlString(value)})`,
    )
  return conditions.join(' AND ')
}

function summaries(result: Uint8Array): TraceSummary[] {
  return [...readNative(result)].flatMap((block) => {
    const starts = bigints(block, 'StartNs')
    const services = stringLists(block, 'Services')
    return strings(block, 'TraceId').map((traceId, row) => ({
      traceId,
      startNs: starts[row] ?? 0n,
      durationNs: numbers(block, 'DurationNs')[row] ?? 0,
      spans: numbers(block, 'Spans')[row] ?? 0,
      errors: numbers(block, 'Errors')[row] ?? 0,
      services: services[row] ?? [],
      root: {
        service: strings(block, 'RootService')[row] ?? '',
        name: strings(block, 'RootName')[row] ?? '',
      },
    }))
  })
}
