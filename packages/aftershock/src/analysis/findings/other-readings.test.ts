import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

const request = (call: string, answer: string): string => `
web GET /            0-600ms  http=200
  web>pay POST /pay  5-${call}
    pay POST /pay    6-${answer}
`

/** Ten calls told to have timed out, and thirty of which only the callee's going on tells. */
test('a mechanism says what else it may be, and of how much of it nothing but the pattern tells', () => {
  const drawing = [
    `@ +1s ×140 every 400ms${request('50ms  http=200', '49ms  http=200')}`,
    `@ +61s ×10 every 1000ms${request('405ms  timeout', '560ms  http=200')}`,
    `@ +75s ×30 every 1000ms${request('405ms', '560ms  http=200')}`,
  ].join('\n')
  const windows = drawnWindows('pay', {
    kind: 'NetworkChaos',
    action: 'delay',
    parameters: { latencyMs: 500 },
  })
  const { mechanisms, chains } = analyse({ table: tableOf(drawing), windows })
  const timeout = mechanisms.find((m) => m.kind === 'timeout')
  expect(timeout).toMatchObject({ count: 40, grade: 'inferred' })
  expect(timeout?.alternatives).toMatchObject([{ weight: 0.75 }])
  const step = chains.flatMap((chain) => chain.steps).find((one) => one.kind === 'timeout')
  expect(step?.alternatives).toEqual(timeout?.alternatives)
  expect(mechanisms.find((m) => m.kind === 'duplicate-work')?.alternatives).toBeUndefined()
})
