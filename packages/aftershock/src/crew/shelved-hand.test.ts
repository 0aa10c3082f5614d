import { describe, expect, test } from 'vitest'
import { analyse, analysis, type Findings } from '../analysis/analyse.ts'
import { shareOf } from '../analysis/assemble/share-out.ts'
import { type Ask, type Hand, handOf, inquire } from '../analysis/crew.ts'
import { DRAWN_KINDS } from '../analysis/test-support/drawn-kinds.ts'
import { caseOf } from '../analysis/test-support/truth.ts'
import { WORLDS } from '../analysis/test-support/worlds.ts'
import { appendTable } from '../model/append-table.ts'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import type { Windows } from '../model/window.ts'
import { ColumnPool } from './column-pool.ts'
import { shelvedHand } from './shelved-hand.ts'
import { SpanSpool } from './span-spool.ts'
import { type SpooledSpans, spooledPartition } from './spooled-spans.ts'

const CHUNKS = 5
/** More than a hand holds answers of before it joins them. */
const PARTITIONS = 16
/** Of a partition in memory: few, and yet so many that its columns are in memory that is lent. */
const ROWS_MAX = 3000

/** The table's spans as they come, a part at a time, each in a file before the next. */
function spooled(table: SpanTable, spansMax = Number.POSITIVE_INFINITY): SpooledSpans {
  const spool = new SpanSpool(spansMax, () => false)
  const builder = new SpanTableBuilder({ epochNs: table.epochNs, attributes: 'drop' })
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    const rows = Array.from({ length: table.length }, (_, row) => row).filter((row) => row % CHUNKS === chunk)
    appendTable(builder, table, rows)
    spool.take(builder)
  }
  return spool.finish(builder.finish())
}

/** With two hands, each with half the partitions on its shelf. */
function foundIn(
  spans: SpooledSpans,
  windows: Windows,
  onUnlisted: (step: string, column: string) => void,
): Findings {
  const partitions = Array.from({ length: PARTITIONS }, (_, i) => spooledPartition(spans, i, PARTITIONS))
  const hands = [partitions.slice(1), partitions.slice(0, 1)].map((own) =>
    shelvedHand(own, 0, onUnlisted, spoilingPool()),
  )
  const inquiry = analysis({ windows }, spans.common.epochNs, spans.common)
  let seen: readonly unknown[] = []
  for (;;) {
    const next = inquiry.next(seen)
    if (next.done === true) {
      for (const hand of hands) hand.letGo()
      return next.value
    }
    seen = hands.flatMap((hand: Hand) => hand.take(next.value))
  }
}

/** Whoever reads a column after its time reads nonsense. */
function spoilingPool(): ColumnPool {
  return new ColumnPool(undefined, (buffer) => new Uint8Array(buffer).fill(0xa5))
}

/** With partitions all in memory. */
function foundInMemory(table: SpanTable, windows: Windows): Findings {
  return inquire(analysis({ windows }, table.epochNs, table), shareOf(table, 0, 1, ROWS_MAX), spoilingPool())
}

/** All that is found but the time it took. */
function essence({ stages: _stages, data, ...rest }: Findings): unknown {
  return { ...rest, data: { ...data, analysisMs: 0 } }
}

/** Every third: what is done with columns is the same in all; and one that asks whom the fault holds beside others. */
const cases = [
  ...Object.entries(WORLDS).filter((_, i) => i % 3 === 0),
  ['who waits beside those it holds', DRAWN_KINDS['spreads sideways'](7)] as const,
]
/** Each is loaded late and slowly by one partition, and in time by those after it: a few do no harm. */
const UNLISTED_MAX = 6

test('a hand that is let go after a step failed half-way gives all of its memory back once', () => {
  const { table, windows } = caseOf(DRAWN_KINDS['spreads sideways'](7), 1)
  const pool = new ColumnPool()
  const partitions = shareOf(table, 0, 1, ROWS_MAX)
  const hand = handOf(partitions, pool)
  const inquiry = analysis({ windows }, table.epochNs, table)
  let { value: asked } = inquiry.next([]) as { value: Ask }
  // What partitions know after it is not what they knew before.
  while (asked.step !== 'origins') asked = inquiry.next(hand.take(asked)).value as Ask
  let takers = 0
  const known = new Proxy(asked.known as object, {
    get: (own, key) => {
      if (key === 'spells' && ++takers === partitions.length) throw new Error('the last partition fails')
      return Reflect.get(own, key)
    },
  })
  expect(() => hand.take({ step: 'origins', known })).toThrow('the last partition fails')
  hand.letGo()
  const lent = Array.from({ length: 200 }, () => pool.lend(Uint8Array, ROWS_MAX).buffer)
  expect(new Set(lent).size).toBe(lent.length)
})

describe('spans in a file, and what is known of them', () => {
  const unlisted = new Map<string, Set<string>>()

  test.each(cases)('%s: are found out about as in memory', (_, world) => {
    const { table, windows } = caseOf(world, 1)
    const expected = analyse({ table, windows })
    const found = foundIn(spooled(table), windows, (step, column) => {
      unlisted.set(step, (unlisted.get(step) ?? new Set()).add(column))
    })
    expect(essence(found)).toEqual(essence(expected))
  })

  test.each(cases)('%s: nothing is read in memory that others may have by then', (_, world) => {
    const { table, windows } = caseOf(world, 1)
    const expected = analyse({ table, windows })
    expect(essence(foundInMemory(table, windows))).toEqual(essence(expected))
  })

  test('columns that a step reads are listed in step-columns.ts, so that they are loaded before', () => {
    const missing = [...unlisted].flatMap(([step, columns]) => [...columns].map((one) => `${step}: ${one}`))
    expect(missing.length > UNLISTED_MAX ? missing : []).toEqual([])
  })
})
