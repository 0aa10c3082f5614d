import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArrayColumn, LowCardinalityColumn, MapColumn, nativeBlock, PlainColumn } from './native-block.ts'
import { readNative } from './native-reader.ts'

const row = fc.record({
  text: fc.string({ unit: 'grapheme' }),
  number: fc.maxSafeNat(),
  label: fc.string({ unit: 'grapheme', maxLength: 3 }),
  map: fc.array(fc.tuple(fc.string({ maxLength: 4 }), fc.string())),
  list: fc.array(fc.string({ maxLength: 2 })),
})

describe('nativeBlock()', () => {
  test('is read back as it was written, for any rows', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
        expect(readBack(blockOf(rows))).toEqual(rows)
      }),
    )
  })

  test.each([255, 256, 65_536])('holds %i different labels', (count) => {
    const labels = new LowCardinalityColumn()
    const names = Array.from({ length: count }, (_, i) => `label ${i}`)
    for (const name of names) labels.add(name)
    const [block] = readNative(nativeBlock({ labels }, count))
    expect(block?.columns.get('labels')).toEqual({ kind: 'strings', values: names })
  })

  test('can be cleared and used again', () => {
    const labels = new LowCardinalityColumn()
    labels.add('before')
    labels.clear()
    labels.add('after')
    const [block] = readNative(nativeBlock({ labels }, 1))
    expect(block?.columns.get('labels')).toEqual({ kind: 'strings', values: ['after'] })
  })
})

type Row = typeof row extends fc.Arbitrary<infer T> ? T : never

function blockOf(rows: readonly Row[]): Uint8Array {
  const columns = {
    text: new PlainColumn('String'),
    number: new PlainColumn('UInt64'),
    label: new LowCardinalityColumn(),
    map: new MapColumn(),
    list: new ArrayColumn(new LowCardinalityColumn()),
  }
  for (const { text, number, label, map, list } of rows) {
    columns.text.values.string(text)
    columns.number.values.uint64(number)
    columns.label.add(label)
    for (const [key, value] of map) {
      columns.map.keys.add(key)
      columns.map.values.string(value)
    }
    columns.map.endRow(map.length)
    for (const item of list) columns.list.items.add(item)
    columns.list.endRow(list.length)
  }
  return nativeBlock(columns, rows.length)
}

function readBack(bytes: Uint8Array): Row[] {
  const [block] = readNative(bytes)
  const get = (name: string) => block?.columns.get(name)
  const [text, number, label, map, list] = ['text', 'number', 'label', 'map', 'list'].map(get)
  if (text?.kind !== 'strings' || number?.kind !== 'numbers' || label?.kind !== 'strings') return []
  if (map?.kind !== 'maps' || list?.kind !== 'lists' || list.items.kind !== 'strings') return []
  const items = list.items.values
  const slice = <T>(ends: Float64Array, i: number, of: (at: number) => T): T[] => {
    const from = i === 0 ? 0 : (ends[i - 1] ?? 0)
    return Array.from({ length: (ends[i] ?? 0) - from }, (_, at) => of(from + at))
  }
  return text.values.map((value, i) => ({
    text: value,
    number: number.values[i] ?? 0,
    label: label.values[i] ?? '',
    map: slice(map.ends, i, (at): [string, string] => [map.keys[at] ?? '', map.values[at] ?? '']),
    list: slice(list.ends, i, (at) => items[at] ?? ''),
  }))
}
