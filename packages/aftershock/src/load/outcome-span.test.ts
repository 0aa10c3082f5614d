import { expect, test } from 'vitest'
import type { LoadRequest } from '../model/system.ts'
import type { Answer } from './outcome.ts'
import { outcomeSpan } from './outcome-span.ts'

const checkout: LoadRequest = {
  name: 'POST /checkout',
  method: 'POST',
  url: 'http://127.0.0.1:8080/checkout',
  headers: {},
  body: undefined,
  weight: 1,
}

const spanOf = (answer: Answer): ReturnType<typeof outcomeSpan> =>
  outcomeSpan(checkout, {
    entry: checkout.name,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    intendedNs: 1_000n,
    sentNs: 1_500n,
    endNs: 9_000n,
    answer,
  })

test('outcomeSpan() is a client root span from the intended start', () => {
  expect(spanOf({ status: 200 })).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'POST /checkout',
    kind: 3,
    startNs: 1_000n,
    endNs: 9_000n,
    status: 0,
    statusMessage: undefined,
    attributes: {
      'http.request.method': 'POST',
      'url.full': 'http://127.0.0.1:8080/checkout',
      'server.address': '127.0.0.1',
      'server.port': 8080,
      'http.response.status_code': 200,
    },
  })
})

test('outcomeSpan() is an error for 4xx, 5xx and no answer', () => {
  expect(spanOf({ status: 404 })).toMatchObject({ status: 2, attributes: { 'error.type': '404' } })
  expect(spanOf({ status: 503 })).toMatchObject({ status: 2, attributes: { 'error.type': '503' } })
  const silent = spanOf({ failure: 'timeout', message: 'no answer within 400 ms' })
  expect(silent).toMatchObject({
    status: 2,
    statusMessage: 'no answer within 400 ms',
    attributes: { 'error.type': 'timeout' },
  })
  expect(silent.attributes).not.toHaveProperty('http.response.status_code')
})
