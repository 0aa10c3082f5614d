import { expect, test } from 'vitest'
import { tableOf } from '../model/draw-trace.ts'
import { analyse } from './analyse.ts'
import { drawnWindows } from './test-support/drawn-windows.ts'

const ASKED = `
web GET /      0-60ms  http=200
  web>api GET /a 5-55ms  http=200
    api GET /a   6-54ms  http=200
`

function proofOf(drawing: string, target: string) {
  return analyse({
    table: tableOf(drawing),
    windows: drawnWindows(target, { kind: 'PodChaos', action: 'pod-kill' }),
  }).proof
}

test('a target that no trace knows is named, with those that traces know', () => {
  const proof = proofOf(`@ +1s ×150 every 1000ms${ASKED}`, 'apt')
  expect(proof).toMatchObject({ tookEffect: false, gone: null })
  expect(proof.why).toBe('No service of the traces is called apt: there are api, web.')
})

test('calls that have nothing to be compared with prove nothing, and what was not seen is not gone', () => {
  const proof = proofOf(`@ +61s ×50 every 1000ms${ASKED}`, 'api')
  expect(proof).toMatchObject({ tookEffect: false, gone: null })
  expect(proof.why).toBe(
    'Nothing called api in the baseline: 50 calls while the fault was on cannot be compared.',
  )
})
