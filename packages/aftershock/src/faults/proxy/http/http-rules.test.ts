import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HttpFault } from '../../../model/fault.ts'
import { httpRule } from '../test-support/http.ts'
import type { HttpRequestHead } from './http-message.ts'
import { matchesPath, matchesRequest, matchesResponse } from './match-rule.ts'
import { mergePatch } from './merge-patch.ts'
import { rewriteRequest, rewriteResponse } from './rewrite.ts'

const ports = new Set([8080])

function head(more: Partial<HttpRequestHead> = {}): HttpRequestHead {
  return {
    method: 'GET',
    target: '/pay/7?x=1',
    headers: [
      ['Host', 'pay'],
      ['A', '1'],
      ['a', '2'],
    ],
    bodyEdits: [],
    ...more,
  }
}

const rule = (more: Partial<HttpFault>): HttpFault => httpRule({ port: 8080, ...more })

test.each([
  ['/pay/*', '/pay/7', true],
  ['/pay/*', '/pay/', true],
  ['*', '/any/where', true],
  ['/*/c', '/a/b/c', true],
  ['/pay/?', '/pay/7', true],
  ['/pay/?', '/pay/77', false],
  ['/pay', '/pay?q=1', true],
  ['/pay?q=1', '/pay?q=1', false],
  ['/pay', '/payment', false],
  ['/p.y', '/pay', false],
  ['/a*b*c', '/aXbYbZc', true],
  ['', '', true],
])('matchesPath(%s) of %s is %s', (pattern, target, expected) => {
  expect(matchesPath(pattern, target)).toBe(expected)
})

test('matchesPath() agrees with a regular expression for any pattern', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 12 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (glob, path) => {
      const oracle = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`)
      expect(matchesPath(glob, path)).toBe(oracle.test(path))
    }),
    { numRuns: 500, seed: 3 },
  )
})

test('matchesRequest() needs port, method, path and every header; a header may have several values', () => {
  expect(matchesRequest(rule({}), ports, head())).toBe(true)
  expect(matchesRequest(rule({ port: 9 }), ports, head())).toBe(false)
  expect(matchesRequest(rule({ method: 'POST' }), ports, head())).toBe(false)
  expect(matchesRequest(rule({ path: '/pay/*' }), ports, head())).toBe(true)
  expect(matchesRequest(rule({ requestHeaders: { A: '2', HOST: 'pay' } }), ports, head())).toBe(true)
  expect(matchesRequest(rule({ requestHeaders: { A: '3' } }), ports, head())).toBe(false)
})

test('matchesResponse() adds code and response headers', () => {
  const answer = { code: 200, reason: 'OK', headers: [['X', 'y']] as const, bodyEdits: [] }
  const asked = (more: Partial<HttpFault>): boolean => matchesResponse(rule(more), ports, head(), answer)
  expect(asked({ code: 200, responseHeaders: { x: 'y' } })).toBe(true)
  expect(asked({ code: 500 })).toBe(false)
  expect(asked({ responseHeaders: { x: 'z' } })).toBe(false)
  expect(asked({ path: '/other' })).toBe(false)
})

test('rewriteRequest() replaces the path and keeps the query', () => {
  expect(rewriteRequest(rule({ replace: { path: '/other' } }), head()).target).toBe('/other?x=1')
})

test('rewriteRequest() merges replaced queries into a map and encodes all anew', () => {
  const rewritten = rewriteRequest(
    rule({ replace: { queries: { y: 'ä', x: '2' } } }),
    head({ target: '/p?x=1&z=a b&x=3' }),
  )
  expect(rewritten.target).toBe('/p?x=2&z=a+b&y=%C3%A4')
})

test('rewriteRequest() appends patched queries', () => {
  const patch = {
    queries: [
      ['a', '1'],
      ['a', '2'],
    ] as const,
    headers: [],
  }
  expect(rewriteRequest(rule({ patch }), head()).target).toBe('/pay/7?x=1&a=1&a=2')
  expect(rewriteRequest(rule({ patch }), head({ target: '/p' })).target).toBe('/p?a=1&a=2')
})

test('rewriteRequest() overwrites replaced headers and appends patched ones, the last of a name', () => {
  const { headers } = rewriteRequest(
    rule({
      replace: { headers: { A: 'new' }, method: 'DELETE' },
      patch: {
        queries: [],
        headers: [
          ['Token', 'one'],
          ['Token', 'two'],
          ['Host', 'b'],
        ],
      },
    }),
    head(),
  )
  expect(headers).toEqual([
    ['Host', 'pay'],
    ['A', 'new'],
    ['Token', 'two'],
    ['Host', 'b'],
  ])
})

test('rewriteResponse() sets code and body; a code that is none is left alone', () => {
  const answer = { code: 200, reason: 'OK', headers: [], bodyEdits: [] }
  const { code, reason, bodyEdits } = rewriteResponse(
    rule({ target: 'Response', replace: { code: 503, body: 'aGk=' } }),
    answer,
  )
  expect({ code, reason }).toEqual({ code: 503, reason: 'Service Unavailable' })
  expect(bodyEdits[0]?.(Buffer.from('x')).toString()).toBe('hi')
  expect(rewriteResponse(rule({ replace: { code: 9999 } }), answer).code).toBe(200)
})

// RFC 7396, appendix A.
test.each([
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', '{}'],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', 'null', 'null'],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
  ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
  ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
])('mergePatch(%s, %s) is %s', (target, patch, expected) => {
  expect(mergePatch(JSON.parse(target), JSON.parse(patch))).toEqual(JSON.parse(expected))
})
