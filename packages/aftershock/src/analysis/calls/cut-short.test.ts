import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// `order` tries `pay` up to three times and does without it if need be. Its breaker says nothing, and is asked each time.

function ordered(...attempts: readonly number[]): string {
  const tries = attempts.map((http, i) => {
    const [from, to] = [10 + 15 * i, 20 + 15 * i]
    return `  order>pay POST /pay  ${from}-${to}ms  http=${http}\n    pay POST /pay  ${from + 1}-${to - 1}ms  http=${http}\n`
  })
  return `\norder POST /order  0-${30 + 15 * attempts.length}ms  http=200\n${tries.join('')}`
}

function told(...parts: readonly string[]): readonly (readonly [string, number, number | undefined])[] {
  const drawing = [`@ +1s ×140 every 400ms${ordered(200)}`, ...parts, `@ +80s ×40 every 500ms${ordered(200)}`]
  const windows = drawnWindows('pay', { kind: 'PodChaos', action: 'pod-failure' })
  return analyse({ table: tableOf(drawing.join('\n')), windows })
    .mechanisms.filter((m) => m.kind === 'circuit-breaker' || m.kind === 'retry')
    .map((m) => [m.kind, m.count, m.extraAttempts])
}

test('a breaker that rejects the next attempt cuts the call short: another try, and another rejection', () => {
  const open = (atMs: number): string =>
    `@ +${atMs}ms${ordered(500)}\n@ +${atMs + 400}ms ×20 every 200ms${ordered()}`
  expect(told(`@ +61s ×10 every 100ms${ordered(500, 500, 500)}`, open(62_050), open(67_000))).toEqual([
    ['retry', 12, 22],
    ['circuit-breaker', 42, undefined],
  ])
})

test('where calls are never tried again, nothing was cut short', () => {
  const open = `@ +62050ms${ordered(500)}\n@ +62400ms ×20 every 200ms${ordered()}`
  expect(told(`@ +61s ×10 every 100ms${ordered(500)}`, open)).toEqual([['circuit-breaker', 20, undefined]])
})

test('where others are let in after it, it was given up for another reason', () => {
  const once = `@ +62s ×20 every 200ms${ordered(500)}`
  expect(told(`@ +61s ×10 every 100ms${ordered(500, 500, 500)}`, once)).toEqual([['retry', 10, 20]])
})
