import { expect, test } from 'vitest'
import { CONSUMER, PRODUCER } from '../../model/span-kind.ts'
import { isSentOn } from './sent-on.ts'

/** A message that is sent for so long, and taken up below it by a clock that is so far off. */
function sent(sendsMs: number, worksMs: number, offMs = 0): boolean {
  const spans = {
    kind: Uint8Array.of(PRODUCER, CONSUMER),
    server: Int32Array.of(1, -1),
    start: Float64Array.of(0, (offMs + 1) * 1e6),
    end: Float64Array.of(sendsMs * 1e6, (offMs + 1 + worksMs) * 1e6),
  }
  return isSentOn(spans, 0)
}

test('who sends a message, and is done sooner than the work on it, went on', () => {
  expect(sent(1, 40)).toBe(true)
})

test('who waits for a reply did not, whatever the clocks say', () => {
  expect(sent(45, 40)).toBe(false)
  expect(sent(45, 40, 900)).toBe(false)
})
