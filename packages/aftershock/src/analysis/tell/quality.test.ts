import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import type { QualityNote } from '../../model/result.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

const ANSWERED = `
order POST /order         0-60ms  http=200
  order>payment POST /pay  5-55ms  http=200
    payment POST /pay      8-52ms  http=200
`
const UNSEEN = `
order POST /order         0-60ms  http=200
  order>payment POST /pay  5-55ms  http=200
`
const FAILED = `
order POST /order         0-60ms  http=502
  order>payment POST /pay  5-6ms  error type=ECONNREFUSED
`

function halfSilentIn(drawing: string): QualityNote | undefined {
  const windows = drawnWindows('payment', { kind: 'NetworkChaos', action: 'delay' })
  return analyse({ table: tableOf(drawing), windows }).quality.find(({ id }) => id === 'half-silent')
}

test('qualityNotes() warns of a service that sends its own span of some answered calls only', () => {
  const note = halfSilentIn(`@ +1s ×60 every 900ms${ANSWERED}\n@ +61s ×40 every 1s${UNSEEN}`)
  expect(note).toMatchObject({ level: 'warn', count: 40 })
  expect(note?.text).toMatch(/^payment sent no span of its own for 40 of 100 answered calls to it \(40 %\)/)
})

test('qualityNotes() does not wonder about calls that nobody answered, or a few spans lost', () => {
  expect(halfSilentIn(`@ +1s ×60 every 900ms${ANSWERED}\n@ +61s ×40 every 1s${FAILED}`)).toBeUndefined()
  expect(halfSilentIn(`@ +1s ×60 every 900ms${ANSWERED}\n@ +61s ×5 every 1s${UNSEEN}`)).toBeUndefined()
})

test('qualityNotes() calls a service that never sends any silent, and not half silent', () => {
  expect(halfSilentIn(`@ +1s ×60 every 900ms${UNSEEN}`)).toBeUndefined()
})
