import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteDictionary } from './byte-dictionary.ts'
import { OVERFLOW_TEXT, StringDictionary } from './string-dictionary.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const LIMITS = { stringsMax: 1000, charactersMax: 10_000, stringCharactersMax: 100 }

test('StringDictionary gives one id for a text and its bytes, whichever comes first', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.boolean())), (texts) => {
      const dictionary = new StringDictionary()
      const idOf = (text: string, asBytes: boolean) =>
        asBytes ? dictionary.idOfBytes(utf8(`x${text}y`), 1, 1 + utf8(text).length) : dictionary.idOf(text)
      for (const [text, asBytes] of texts) {
        const id = idOf(text, asBytes)
        expect([idOf(text, true), idOf(text, false), dictionary.strings[id]]).toEqual([id, id, text])
      }
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('StringDictionary forgets what came after a mark, and gives the same ids again', () => {
  const dictionary = new StringDictionary()
  for (let i = 0; i < 3000; i++) dictionary.idOfBytes(utf8(`kept ${i}`), 0, utf8(`kept ${i}`).length)
  const mark = dictionary.mark()
  for (let i = 0; i < 3000; i++) dictionary.idOfBytes(utf8(`gone ${i}`), 0, utf8(`gone ${i}`).length)
  dictionary.rollBack(mark)
  expect(dictionary.strings.length).toBe(3001)
  for (let i = 0; i < 3000; i++)
    expect(dictionary.idOfBytes(utf8(`kept ${i}`), 0, utf8(`kept ${i}`).length)).toBe(i + 1)
  expect(dictionary.idOf('gone 5')).toBe(3001)
})

test('StringDictionary stops at its limits, counts, and shows what it refused', () => {
  const dictionary = new StringDictionary(LIMITS)
  for (let i = 0; i < 1500; i++) dictionary.idOf(`name ${i}`)
  expect(dictionary.strings.length).toBeLessThanOrEqual(1001)
  expect(dictionary.strings[dictionary.idOf('one more')]).toBe(OVERFLOW_TEXT)
  expect(dictionary.strings[dictionary.idOf('name 3')]).toBe('name 3')
  expect(dictionary.refused).toBeGreaterThan(500)
})

test('StringDictionary cuts texts that are too long, also from bytes', () => {
  const dictionary = new StringDictionary(LIMITS)
  const long = 'ä'.repeat(5000)
  expect(dictionary.strings[dictionary.idOf(long)]).toBe(`${'ä'.repeat(99)}…`)
  expect(dictionary.idOfBytes(utf8(long), 0, 10_000)).toBe(1)
  expect(dictionary.refused).toBe(2)
})

test('ByteDictionary gives up on keys made to collide, instead of scanning them all', () => {
  const dictionary = new ByteDictionary()
  // The middle of long keys is not sampled everywhere: these differ only there.
  const keys = Array.from({ length: 400 }, (_, i) =>
    utf8(`${'a'.repeat(57)}${String(i).padStart(3, '0')}${'b'.repeat(60)}`),
  )
  const answers = keys.map((key, i) => {
    const found = dictionary.find(key, 0, key.length)
    if (found === ByteDictionary.missing) dictionary.add(key, 0, key.length, i)
    return found
  })
  expect(answers).toContain(ByteDictionary.tooCrowded)
  expect(dictionary.find(keys[5] ?? new Uint8Array(0), 0, 120)).toBe(5)
})
