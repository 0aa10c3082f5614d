import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// An attempt that nobody would have made without the fault: what happens in it is the fault's, whoever does it.

const WINDOWS = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })
const GOOD = `
web POST /buy            0-60ms  http=200
  web>pay POST /pay     10-50ms  http=200
    pay POST /pay       11-49ms  http=200
      pay>bank POST /b  20-30ms  http=200
        bank POST /b    21-29ms  http=200
`

/** The first try is given up because of the fault; of the second one the bank fails by itself. */
const TRIED_IN_VAIN = `
web POST /buy            0-360ms  http=502
  web>pay POST /pay     10-210ms  timeout
    pay POST /pay      250-289ms  http=200
      pay>bank POST /b 260-270ms  http=200
        bank POST /b   261-269ms  http=200
  web>pay POST /pay    230-350ms  http=502
    pay POST /pay      300-349ms  http=502
      pay>bank POST /b 310-315ms  http=500
        bank POST /b   311-314ms  http=500 exception="Bug:broken"
      pay>bank POST /b 330-345ms  http=500
        bank POST /b   331-344ms  http=500 exception="Bug:broken"
`
/** The bank fails by itself at once. */
const FAILED_ANYWAY = `
web POST /buy            0-60ms  http=502
  web>pay POST /pay     10-50ms  http=502
    pay POST /pay       11-49ms  http=502
      pay>bank POST /b  20-30ms  http=500
        bank POST /b    21-29ms  http=500 exception="Bug:broken"
`
const SLOW = GOOD.replaceAll('60ms', '190ms')
  .replace('10-50ms', '10-180ms')
  .replace('11-49ms', '141-179ms')
  .replace('20-30ms', '150-160ms')
  .replace('21-29ms', '151-159ms')

function findingsOf(...chaos: readonly string[]): Findings {
  const drawing = [`@ +1s ×140 every 400ms${GOOD}`, `@ +61s ×20 every 1s${SLOW}`, ...chaos].join('\n')
  return analyse({ table: tableOf(drawing), windows: WINDOWS })
}

describe('a request whose last attempt failed by itself', () => {
  test('failed because of the fault where that made the first attempt fail', () => {
    const { impact } = findingsOf(`@ +82s ×20 every 1s${TRIED_IN_VAIN}`)
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 20, attributedFailed: 20 })
  })

  test('did not where it was the first', () => {
    const { impact } = findingsOf(`@ +82s ×20 every 1s${FAILED_ANYWAY}`)
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 20, attributedFailed: 0 })
  })
})

test('retries within an attempt that the fault brought about are its own, and no errors begin there', () => {
  const { mechanisms, chains } = findingsOf(`@ +82s ×20 every 1s${TRIED_IN_VAIN}`)
  const told = mechanisms.filter((m) => m.kind === 'retry').map((m) => `${m.caller}>${m.callee} ${m.count}`)
  expect(told.sort()).toEqual(['pay>bank 20', 'web>pay 20'])
  expect(chains.flatMap((c) => c.steps).filter((step) => step.kind === 'error')).toEqual([])
})
