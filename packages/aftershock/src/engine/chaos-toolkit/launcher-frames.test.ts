import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frameOf, frameReader } from './launcher-frames.ts'

test('frames are read as they were written, however the stream is cut', () => {
  const frame = fc.record({
    kind: fc.constantFrom('o', 'e', 'x'),
    id: fc.nat(),
    text: fc.string({ unit: 'grapheme', maxLength: 40 }),
  })
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(200)), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(({ kind, id, text }) => frameOf(kind, id, text)))
      const read: object[] = []
      const push = frameReader(({ kind, id, payload }) => read.push({ kind, id, text: payload.toString() }))
      let at = 0
      for (const cut of cuts) {
        push(bytes.subarray(at, at + cut))
        at += cut
      }
      push(bytes.subarray(at))
      expect(read).toEqual(frames)
    }),
  )
})
