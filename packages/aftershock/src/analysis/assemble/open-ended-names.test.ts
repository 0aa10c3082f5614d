import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openEndedNames } from './open-ended-names.ts'

const once = (texts: readonly string[]) => texts.map((text) => ({ text, n: 1 }))
const slugs = (n: number): readonly string[] =>
  Array.from({ length: n }, (_, i) => `word${'abcdefghij'[i % 10]}${i}`)

test('openEndedNames() leaves out words that are many and seldom, wherever they stand', () => {
  const paths = slugs(40).flatMap((slug) => [`GET /products/${slug}`, `GET /products/${slug}/reviews`])
  const templates = openEndedNames(once(paths))
  expect(new Set(templates.values())).toEqual(new Set(['GET /products/{}', 'GET /products/{}/reviews']))
  expect([...templates.keys()].sort()).toEqual([...paths].sort())
})

test('openEndedNames() keeps what is asked for often, and what is one of few', () => {
  const seen = [
    ...once(slugs(40).map((slug) => `/users/${slug}`)),
    { text: '/users/me', n: 50 },
    { text: '/health', n: 2 },
  ]
  const templates = openEndedNames(seen)
  expect([templates.get('/users/me'), templates.get('/health')]).toEqual([undefined, undefined])
  expect(templates.size).toBe(40)
  expect(openEndedNames(once(slugs(20).map((slug) => `/users/${slug}`))).size).toBe(0)
})

test('openEndedNames() gives the same templates in whatever order names come', () => {
  const word = fc.constantFrom(...slugs(50))
  const path = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => `/${words.join('/')}`)
  const seen = fc.uniqueArray(path, { minLength: 30, maxLength: 80 }).map(once)
  fc.assert(
    fc.property(seen, fc.nat(), (names, at) => {
      const turned = [...names.slice(at % names.length), ...names.slice(0, at % names.length)]
      expect(new Map([...openEndedNames(turned)].sort())).toEqual(new Map([...openEndedNames(names)].sort()))
    }),
  )
})
