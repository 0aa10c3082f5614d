import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// One pool of connections for two callees (httpx, an Apache client): a slow one of them uses it up.

const slow = (ms: number, begin: number): string => `
api GET /slow            0-${ms + begin + 10}ms  http=200
  api>pay GET /report    1-${ms + begin + 9}ms  http=200
    pay GET /report     ${begin + 2}-${begin + 22}ms  http=200
`
const fast = `
api GET /fast          0-20ms  http=200
  api>dep GET /item    1-19ms  http=200
    dep GET /item      5-15ms  http=200
`
const starved = (how: string): string => `
api GET /fast          0-1510ms  http=503
  api>dep GET /item    1-1505ms  ${how}
`
const late = `
api GET /fast          0-1420ms  http=200
  api>dep GET /item    1-1419ms  http=200
    dep GET /item   1405-1415ms  http=200
`
const findingsOf = (how: string) =>
  analyse({
    table: tableOf(
      [
        `@ +1s ×110 every 500ms${slow(30, 0)}`,
        `@ +1200ms ×110 every 500ms${fast}`,
        `@ +61s ×100 every 500ms${slow(900, 1400)}`,
        `@ +61200ms ×60 every 500ms${starved(how)}`,
        `@ +91200ms ×40 every 500ms${late}`,
      ].join('\n'),
    ),
    windows: drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' }),
  })

test('who finds no connection in a pool that calls of the target hold is hit by the fault, sideways', () => {
  const { impact } = findingsOf('error type=PoolTimeout')
  expect(impact.find((i) => i.entry === 'api GET /fast' && i.phase === 'chaos')).toMatchObject({
    ...{ failed: 60, attributedFailed: 60, slow: 40, attributedSlow: 40 },
  })
})

test('whose callee does not answer is not: that is another failure in the same window', () => {
  const { impact } = findingsOf('error type=ReadTimeout')
  expect(impact.find((i) => i.entry === 'api GET /fast' && i.phase === 'chaos')).toMatchObject({
    ...{ failed: 60, attributedFailed: 0, slow: 40, attributedSlow: 0 },
  })
})

describe('calls to the target that never left their caller', () => {
  const unsent = `
api GET /slow            0-1510ms  http=503
  api>pay GET /report    1-1505ms  error type=PoolTimeout
`
  const hit = (...chaos: readonly string[]) =>
    analyse({
      table: tableOf([`@ +1s ×110 every 500ms${slow(30, 0)}`, ...chaos].join('\n')),
      windows: drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' }),
    })
  const left = `@ +61s ×40 every 500ms${slow(900, 1400)}`
  const stayed = `@ +81100ms ×60 every 500ms${unsent}`

  test('waited for its own pool, and met no fault', () => {
    const { chains, mechanisms } = hit(left, stayed)
    const steps = chains.flatMap((chain) => chain.steps)
    expect(steps.find((s) => s.kind === 'inject')).toMatchObject({ count: 40, of: 40 })
    expect(steps.find((s) => s.kind === 'timeout')).toMatchObject({
      count: 60,
      unit: 'calls to pay',
      detail: 'waiting for a connection of its own',
    })
    expect(mechanisms.find((m) => m.kind === 'timeout')?.rule.id).toBe('timeout.own-pool')
  })

  test('are all that is seen of it where nothing was sent', () => {
    const steps = hit(stayed).chains.flatMap((chain) => chain.steps)
    expect(steps.find((s) => s.kind === 'inject')).toMatchObject({ count: 60, of: 60 })
  })
})
