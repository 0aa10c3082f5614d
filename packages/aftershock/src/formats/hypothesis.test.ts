import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entriesMeant, evaluateHypothesis, guardBreach, parseGuard, parseHypothesis } from './hypothesis.ts'

const quiet = { requests: 0, errors: 0, p50Ms: undefined, p95Ms: undefined, p99Ms: undefined }
const busy = {
  requests: 1200,
  errors: 492,
  p50Ms: 40,
  p90Ms: 300,
  p95Ms: 507,
  p99Ms: 900,
  durationMs: 60_000,
}

const parsed = (text: string) => {
  const hypothesis = parseHypothesis(text)
  if (!hypothesis.ok) throw new Error(hypothesis.problems[0].why)
  return hypothesis.value
}
const verdict = (text: string, measured = {}) => evaluateHypothesis(parsed(text), { ...busy, ...measured })

test('parseHypothesis() reads entry, measure, limit and phase', () => {
  expect(parsed('POST /checkout errors < 1%')).toMatchObject({
    entry: 'POST /checkout',
    measure: 'errors',
    comparison: '<',
    limit: 1,
    phase: 'chaos',
  })
  expect(parsed('POST /checkout p95 < 500ms in recovery')).toMatchObject({
    measure: 'p95',
    limit: 500,
    phase: 'recovery',
  })
  expect(parsed('p99<=1.5s')).toMatchObject({ entry: undefined, comparison: '<=', limit: 1500 })
  expect(parsed('availability ≥ 99 %')).toMatchObject({
    measure: 'availability',
    comparison: '>=',
    limit: 99,
  })
  expect(parsed('rps >= 10')).toMatchObject({ measure: 'rps', limit: 10 })
  expect(parsed('recovers within 30s')).toMatchObject({
    entry: undefined,
    measure: 'recovery',
    limit: 30_000,
    phase: 'recovery',
  })
  expect(parsed('checkout recovers within 1m')).toMatchObject({ entry: 'checkout', limit: 60_000 })
})

test('parseHypothesis() says what is wrong and what to write', () => {
  const problem = (text: string) => {
    const hypothesis = parseHypothesis(text)
    return hypothesis.ok ? undefined : `${hypothesis.problems[0].why} → ${hypothesis.problems[0].fix}`
  }
  expect(problem('POST /checkout eror < 1%')).toMatch('measure must be one of errors, availability')
  expect(problem('p95 < 500')).toMatch('Write a time with its unit: 500ms')
  expect(problem('errors < 0.01')).toMatch('Write a percentage: 0.01%')
  expect(problem('errors < 1% in chaso')).toMatch('Did you mean "chaos"?')
  expect(problem('all is well')).toMatch('it must be [entry] measure < limit')
})

test('evaluateHypothesis() answers in words', () => {
  expect(verdict('errors < 1%')).toEqual({
    ok: false,
    expected: 'errors < 1 %',
    actual: '41 % (492 of 1200)',
  })
  expect(verdict('p95 < 500ms')).toEqual({ ok: false, expected: 'p95 < 500 ms', actual: '507 ms' })
  expect(verdict('p90 < 500ms').ok).toBe(true)
  expect(verdict('rps >= 20')).toEqual({ ok: true, expected: 'rps >= 20 a second', actual: '20 a second' })
  expect(verdict('availability >= 99%', { errors: 0 }).actual).toBe('100 % (1200 of 1200)')
  expect(verdict('errors <= 0%', { errors: 1, requests: 9_000_000 }).actual).toBe('< 0.001 % (1 of 9000000)')
  expect(verdict('recovers within 30s', { recoveredAfterMs: 2500 })).toMatchObject({
    ok: true,
    actual: 'back after 2.5 s',
  })
})

test('evaluateHypothesis() does not hold when nothing was measured', () => {
  expect(evaluateHypothesis(parsed('errors < 1%'), quiet)).toMatchObject({ ok: false, actual: 'no requests' })
  expect(evaluateHypothesis(parsed('p95 < 1s'), { ...quiet, requests: 9, errors: 9 })).toMatchObject({
    ok: false,
    actual: 'no successful answer',
  })
  expect(evaluateHypothesis(parsed('recovers within 30s'), quiet)).toMatchObject({
    ok: false,
    actual: 'not back by the end of the run',
  })
})

test('parseGuard() reads how long, and guardBreach() names the value', () => {
  const guard = parseGuard('checkout errors > 50% for 10s')
  if (!guard.ok) throw new Error('refused')
  expect(guard.value).toMatchObject({ entry: 'checkout', limit: 50, forMs: 10_000 })
  expect(guardBreach(guard.value, busy)).toBeUndefined()
  expect(guardBreach(guard.value, { ...busy, errors: 700 })).toBe('58.3 % (700 of 1200)')
  expect(guardBreach(guard.value, quiet)).toBeUndefined()
  const tight = parseGuard('errors>50% for 10s')
  expect(tight.ok && tight.value).toMatchObject({ entry: undefined, forMs: 10_000 })
  expect(parseGuard('errors > 50% for ever').ok).toBe(false)
})

test('entriesMeant() prefers the exact name to a part', () => {
  const names = ['POST /checkout', 'POST /checkout/confirm', 'GET /products']
  expect(entriesMeant('post /checkout', names)).toEqual(['POST /checkout'])
  expect(entriesMeant('checkout', names)).toEqual(['POST /checkout', 'POST /checkout/confirm'])
  expect(entriesMeant(undefined, names)).toEqual(names)
})

test('hypotheses and guards never throw, whatever the text', () => {
  const piece = fc.constantFrom(
    'errors',
    ' ',
    '<',
    '>=',
    '1%',
    '500ms',
    'in',
    'chaos',
    'for',
    '10s',
    'p95',
    'recovers within',
    '≤',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join(' ')),
      ),
      (text) => {
        parseGuard(text)
        const hypothesis = parseHypothesis(text)
        if (hypothesis.ok) expect(Number.isFinite(hypothesis.value.limit)).toBe(true)
      },
    ),
  )
})
