import { ascending, compare } from '../model/order.ts'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { hexOf } from '../model/trace-ids.ts'
import { attributeText } from './attribute-map.ts'
import { startNsOf, tableOfRows } from './span-rows.ts'
import {
  type Operation,
  type SpanStore,
  TRACES_LIMIT_DEFAULT,
  TRACES_LIMIT_MAX,
  type TraceFilter,
  type TraceSummary,
} from './span-store.ts'

type Row = {
  readonly table: SpanTable
  readonly row: number
  readonly traceId: string
  readonly startNs: bigint
}

export type MemoryStoreOptions = {
  /** The oldest batches are forgotten beyond it. */
  readonly spansMax?: number | undefined
}

/** A span store without a disk: for tests, and for `serve` where the embedded engine has no build. */
export function memorySpanStore(options: MemoryStoreOptions = {}): SpanStore {
  const spansMax = options.spansMax ?? 1_000_000
  let tables: SpanTable[] = []
  const rows = function* (): Generator<Row> {
    for (const table of tables) for (let row = 0; row < table.length; row++) yield rowOf(table, row)
  }
  const total = (): number => tables.reduce((sum, table) => sum + table.length, 0)
  const select = (keep: (row: Row) => boolean): SpanTable => {
    const kept = [...rows()].filter(keep).sort(ascending((one) => one.startNs))
    return tableOfRows(kept, kept[0]?.startNs ?? 0n)
  }
  return {
    append: async (spans) => {
      if (spans.length > 0) tables.push(spans)
      while (tables.length > 1 && total() > spansMax) tables.shift()
    },
    traceById: async (traceId) => {
      const wanted = traceId.toLowerCase().padStart(32, '0')
      return select((row) => row.traceId === wanted)
    },
    findTraces: async (filter) => {
      const newest = new Map<string, bigint>()
      for (const row of rows()) {
        if (!meets(row, filter)) continue
        const before = newest.get(row.traceId)
        if (before === undefined || row.startNs > before) newest.set(row.traceId, row.startNs)
      }
      const asked = Math.trunc(filter.limit ?? TRACES_LIMIT_DEFAULT)
      const limit = Math.min(
        TRACES_LIMIT_MAX,
        Math.max(1, Number.isFinite(asked) ? asked : TRACES_LIMIT_DEFAULT),
      )
      const ids = [...newest].sort((a, b) => compare(b[1], a[1])).slice(0, limit)
      return summaries([...rows()], new Set(ids.map(([id]) => id)))
    },
    services: async () => [...new Set([...rows()].map(serviceOf))].sort(),
    operations: async (service) => operationsOf([...rows()].filter((row) => serviceOf(row) === service)),
    loadColumns: async ({ startNs, endNs }) => select((row) => row.startNs >= startNs && row.startNs < endNs),
    stats: async () => {
      const starts = [...rows()].map((row) => row.startNs).sort(compare)
      return { spans: starts.length, bytes: 0, oldestNs: starts[0], newestNs: starts.at(-1) }
    },
    deleteBefore: async (momentNs) => {
      tables = tables.map((table) => {
        const kept = [...rowsOf(table)].filter((row) => row.startNs >= momentNs)
        return kept.length === table.length ? table : tableOfRows(kept, table.epochNs)
      })
      tables = tables.filter((table) => table.length > 0)
    },
    close: async () => {
      tables = [new SpanTableBuilder({ epochNs: 0n, attributes: 'keep' }).finish()]
    },
  }
}

function* rowsOf(table: SpanTable): Generator<Row> {
  for (let row = 0; row < table.length; row++) yield rowOf(table, row)
}

function rowOf(table: SpanTable, row: number): Row {
  return { table, row, traceId: hexOf(table.traceIds, row * 16, 16), startNs: startNsOf(table, row) }
}

function serviceOf({ table, row }: Row): string {
  return table.resources[table.resource[row] as number]?.service ?? ''
}

function nameOf({ table, row }: Row): string {
  return table.strings[table.name[row] as number] ?? ''
}

function meets(at: Row, filter: TraceFilter): boolean {
  const { table, row, startNs } = at
  if (filter.service !== undefined && serviceOf(at) !== filter.service) return false
  if (filter.operation !== undefined && nameOf(at) !== filter.operation) return false
  if (
    filter.interval !== undefined &&
    (startNs < filter.interval.startNs || startNs >= filter.interval.endNs)
  )
    return false
  if ((table.durationNs[row] as number) < (filter.durationNsMin ?? 0)) return false
  if (filter.status === 'error' && table.status[row] !== 2) return false
  const own = table.details?.attributesOf(row) ?? {}
  const resource = table.resources[table.resource[row] as number]?.attributes ?? {}
  return Object.entries(filter.attributes ?? {}).every(([key, value]) =>
    [own, resource].some(
      (set) => attributeText((Object.hasOwn(set, key) ? set[key] : undefined) ?? '') === value,
    ),
  )
}

function summaries(rows: readonly Row[], wanted: ReadonlySet<string>): TraceSummary[] {
  const traces = Map.groupBy(
    rows.filter((row) => wanted.has(row.traceId)),
    (row) => row.traceId,
  )
  return [...traces.values()]
    .map(summaryOf)
    .sort((a, b) => compare(b.startNs, a.startNs) || compare(a.traceId, b.traceId))
}

function summaryOf(trace: readonly Row[]): TraceSummary {
  const byStart = [...trace].sort(ascending((one) => one.startNs))
  const first = byStart[0] as Row
  const root = byStart.find(isRoot) ?? first
  const ends = trace.map(({ table, row, startNs }) => startNs + BigInt(table.durationNs[row] as number))
  const lastEnd = ends.sort(compare).at(-1) ?? first.startNs
  return {
    traceId: first.traceId,
    startNs: first.startNs,
    durationNs: Number(lastEnd - first.startNs),
    spans: trace.length,
    errors: trace.filter(({ table, row }) => table.status[row] === 2).length,
    services: [...new Set(trace.map(serviceOf))].sort(),
    root: { service: serviceOf(root), name: nameOf(root) },
  }
}

function isRoot({ table, row }: Row): boolean {
  return table.parentWords[row * 2] === 0 && table.parentWords[row * 2 + 1] === 0
}

function operationsOf(rows: readonly Row[]): Operation[] {
  const found = new Map<string, Operation>()
  for (const row of rows) {
    const kind = row.table.kind[row.row] as number
    const key = `${kind} ${nameOf(row)}`
    found.set(key, { name: nameOf(row), kind, spans: (found.get(key)?.spans ?? 0) + 1 })
  }
  return [...found.values()].sort((a, b) => compare(a.name, b.name) || a.kind - b.kind)
}
