import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixtureRun } from '../../../web/src/fixture.ts'
import { resultJson } from './result-json.ts'

const { result } = fixtureRun()

test('resultJson() is what JSON.stringify() writes, however many requests there are', () => {
  const [one] = result.traces
  const many = (n: number) => ({
    ...result,
    traces: Array.from({ length: n }, (_, i) => ({ ...one, traceId: `${i}` })),
  })
  for (const n of [0, 1, 99, 100, 101, 250]) expect(textOf(many(n))).toBe(plain(many(n)))
})

test('resultJson() writes any texts, and leaves out what is undefined', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (text, list) => {
      const told = {
        ...result,
        experiment: undefined,
        quality: [],
        run: { ...result.run, name: text, tags: list },
      }
      // @ts-expect-error: no result has a field that is undefined, but an older one read from a file lacks it
      expect(textOf(told)).toBe(plain(told))
    }),
  )
})

function textOf(told: typeof result): string {
  return [...resultJson(told)].join('')
}

function plain(told: object): string {
  return `${JSON.stringify(told, null, 1)}\n`
}
