import type { SpanTable } from '../model/span-table.ts'

const MINUTE_NS = 60e9
/** Moment within a minute (36 bits) and row (17 bits) together fit a double exactly. */
const ROWS_MAX = 1 << 17

/**
 * Rows in the order of the table's sort key: minute, service, span name, time. A block that comes sorted is
 * stored as it is; the engine would move every column of every row otherwise, which is a third of an insert.
 *
 * @returns undefined when there are too many rows: the engine sorts what is not sorted
 */
export function sortedRows(table: SpanTable, from: number, to: number): Uint32Array | undefined {
  const count = to - from
  if (count > ROWS_MAX) return undefined
  const groups = groupsOfRows(table, from, to)
  const ends = new Uint32Array(groups.count + 1)
  for (const group of groups.byRow) ends[group + 1] = (ends[group + 1] as number) + 1
  for (let group = 0; group < groups.count; group++)
    ends[group + 1] = (ends[group + 1] as number) + (ends[group] as number)
  const next = ends.slice()
  const moments = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const group = groups.byRow[i] as number
    const at = next[group] as number
    next[group] = at + 1
    moments[at] = (groups.withinMinuteNs[i] as number) * ROWS_MAX + i
  }
  for (let group = 0; group < groups.count; group++) moments.subarray(ends[group], ends[group + 1]).sort()
  // Loops, here and below: `from` with a function takes ten times as long.
  const rows = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const moment = moments[i] as number
    rows[i] = from + (moment - Math.floor(moment / ROWS_MAX) * ROWS_MAX)
  }
  return rows
}

type Groups = {
  readonly count: number
  /** Groups are numbered in sort order. */
  readonly byRow: Uint32Array
  readonly withinMinuteNs: Float64Array
}

/** Rows of the same minute, service and name. */
function groupsOfRows(table: SpanTable, from: number, to: number): Groups {
  const names = ranksOf(distinct(table.name, from, to), (id) => table.strings[id] ?? '')
  const services = ranksOf(distinct(table.resource, from, to), (id) => table.resources[id]?.service ?? '')
  const minutes = names.count * services.count
  const epochRestNs = Number(table.epochNs % BigInt(MINUTE_NS))
  const withinMinuteNs = new Float64Array(to - from)
  const byRow = new Uint32Array(to - from)
  const numbers = new Map<number, number>()
  for (let row = from; row < to; row++) {
    const ns = (table.startNs[row] as number) + epochRestNs
    const minute = Math.floor(ns / MINUTE_NS)
    const service = services.byId[table.resource[row] as number] as number
    const key = minute * minutes + service * names.count + (names.byId[table.name[row] as number] as number)
    let number = numbers.get(key)
    if (number === undefined) {
      number = numbers.size
      numbers.set(key, number)
    }
    withinMinuteNs[row - from] = ns - minute * MINUTE_NS
    byRow[row - from] = number
  }
  const sorted = new Uint32Array(numbers.size)
  let position = 0
  for (const key of Float64Array.from(numbers.keys()).sort()) sorted[numbers.get(key) ?? 0] = position++
  for (let i = 0; i < byRow.length; i++) byRow[i] = sorted[byRow[i] as number] as number
  return { count: numbers.size, byRow, withinMinuteNs }
}

function distinct(ids: Uint32Array, from: number, to: number): readonly number[] {
  const found = new Set<number>()
  for (let row = from; row < to; row++) found.add(ids[row] as number)
  return [...found]
}

type Ranks = { readonly count: number; readonly byId: Uint32Array }

/** Ranks by text; ids with the same text have the same rank. */
function ranksOf(ids: readonly number[], textOf: (id: number) => string): Ranks {
  const texts = [...new Set(ids.map(textOf))].sort((a, b) => (a < b ? -1 : 1))
  const ranks = new Map(texts.map((text, rank) => [text, rank]))
  const byId = new Uint32Array(ids.reduce((max, id) => Math.max(max, id + 1), 0))
  for (const id of ids) byId[id] = ranks.get(textOf(id)) ?? 0
  return { count: texts.length, byId }
}
