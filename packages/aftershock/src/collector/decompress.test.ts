import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decompress } from './decompress.ts'

const MAX = 100_000
const PACK = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync } as const

describe('decompress()', () => {
  test.each(['gzip', 'deflate', 'zstd'] as const)('gives back what %s packed', (compression) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.integer({ min: 1, max: 20 }), (part, times) => {
        const plain = Buffer.concat(Array.from({ length: times }, () => part))
        const packed = new Uint8Array(PACK[compression](plain))
        expect(decompress(packed, compression, MAX)).toEqual({ kind: 'bytes', bytes: new Uint8Array(plain) })
      }),
    )
  })

  test('reads gzip members one after the other, whose last length says nothing about the others', () => {
    const long = Buffer.alloc(50_000, 'long ')
    const packed = new Uint8Array(Buffer.concat([gzipSync(long), gzipSync('short')]))
    expect(decompress(packed, 'gzip', MAX)).toEqual({
      kind: 'bytes',
      bytes: new Uint8Array(Buffer.concat([long, Buffer.from('short')])),
    })
  })

  test.each(['gzip', 'deflate', 'zstd'] as const)('stops %s at its limit', (compression) => {
    const packed = new Uint8Array(PACK[compression](Buffer.alloc(MAX + 1)))
    expect(decompress(packed, compression, MAX)).toEqual({ kind: 'too-large' })
    expect(decompress(packed, compression, MAX + 1)).toMatchObject({ kind: 'bytes' })
  })

  test('refuses gzip whose length is not what it says', () => {
    const packed = new Uint8Array(gzipSync('x'.repeat(1000)))
    packed[packed.length - 1] = 0x7f
    expect(decompress(packed, 'gzip', MAX)).toMatchObject({ kind: 'malformed' })
  })
})
