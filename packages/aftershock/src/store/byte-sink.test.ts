import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteSink } from './byte-sink.ts'

function written(write: (sink: ByteSink) => void): readonly number[] {
  const sink = new ByteSink(1)
  write(sink)
  return [...sink.written()]
}

describe('ByteSink', () => {
  test('decimal() writes a number as string() writes its text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(2_000_000), fc.maxSafeNat()), (value) => {
        expect(written((sink) => sink.decimal(value))).toEqual(written((sink) => sink.string(String(value))))
      }),
    )
  })

  test('zeros() writes over what was there before', () => {
    const sink = new ByteSink(8)
    sink.string('before')
    sink.clear()
    sink.zeros(5)
    expect([...sink.written()]).toEqual([0, 0, 0, 0, 0])
  })

  test('clear() keeps memory that was used, and lets go what was not', () => {
    const sink = new ByteSink()
    const room = () => sink.written().buffer.byteLength
    sink.zeros(100 << 20)
    sink.clear()
    expect(room()).toBeGreaterThanOrEqual(100 << 20)
    sink.string('small')
    sink.clear()
    expect(room()).toBeLessThan(1024)
    sink.string('again')
    expect(Buffer.from(sink.written()).toString()).toBe('\x05again')
  })
})
