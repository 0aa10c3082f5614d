import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

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

test('a call that was under way as the fault began and did not meet it is none that could have', () => {
  const late = ASKED.replaceAll(/(\d+)ms {2}http/g, (_, ms: string) => `${Number(ms) + 300}ms  http`)
  const drawing = `@ +1s ×115 every 500ms${ASKED}\n@ +59960ms${ASKED}\n@ +61s ×50 every 1000ms${late}`
  const { proof, chain } = analyse({
    table: tableOf(drawing),
    windows: drawnWindows('api', { kind: 'NetworkChaos', action: 'delay' }),
  })
  expect(proof).toMatchObject({ seen: 50, eligible: 50 })
  expect(proof.why).toMatch(
    /^50 of 50 calls to api met the fault: .* 1 more, not wholly within its time, did not\.$/,
  )
  expect(chain[0]).toMatchObject({ kind: 'inject', count: 50, of: 50 })
})

test('a call made after the fault had ended met none, though its request began before and it fails like the others', () => {
  const fails = `
web GET /      0-3000ms  http=503
  web>api GET /a 5-1005ms  timeout
  web>api GET /a 1100-2100ms  timeout
`
  const drawing = `@ +1s ×115 every 500ms${ASKED}\n@ +61s ×50 every 1000ms${fails}\n@ +119s ×20 every 40ms${fails}`
  const { proof, chain, mechanisms } = analyse({
    table: tableOf(drawing),
    windows: drawnWindows('api', { kind: 'NetworkChaos', action: 'delay' }),
  })
  expect(proof).toMatchObject({ seen: 2 * 50 + 20, eligible: 2 * 50 + 20 })
  expect(chain[0]).toMatchObject({ kind: 'inject', count: 120, of: 120 })
  expect(mechanisms.find((m) => m.kind === 'timeout')).toMatchObject({ count: 140 })
})

test('a hedge’s call cut off before its answer came says nothing of the fault: it is none that did not meet it', () => {
  const good = `
users>web GET /    0-70ms  http=200
  web GET /        1-62ms  http=200
    web>api GET /a 5-55ms  http=200
      api GET /a   6-54ms  http=200
`
  const hedged = `
users>web GET /    0-310ms  http=200
  web GET /        1-305ms  http=200
    web>api GET /a 5-300ms  http=200
      api GET /a   6-54ms  http=200
    web>api GET /a 65-301ms
      api GET /a   66-114ms  http=200
`
  const { proof, mechanisms } = analyse({
    table: tableOf(`@ +1s ×115 every 500ms${good}\n@ +61s ×50 every 1000ms${hedged}`),
    windows: drawnWindows('api', { kind: 'NetworkChaos', action: 'delay' }),
  })
  expect(mechanisms.find((m) => m.kind === 'hedge')).toMatchObject({ count: 50 })
  expect(proof).toMatchObject({ seen: 50, eligible: 50 })
})

test('of calls of which a few failed it is not said that none was different', () => {
  const failing = `
web GET /      0-60ms  http=502
  web>api GET /a 5-55ms  type=ECONNRESET error
`
  const { proof, impact } = analyse({
    table: tableOf(
      `@ +1s ×115 every 500ms${ASKED}\n@ +61s ×50 every 1000ms${ASKED}\n@ +90s ×2 every 15s${failing}`,
    ),
    windows: drawnWindows('api', { kind: 'NetworkChaos', action: 'delay' }),
  })
  expect(impact.find((one) => one.phase === 'chaos')).toMatchObject({ failed: 2, attributedFailed: 0 })
  expect(proof.why).toBe('None of 52 calls to api differed from the baseline more than by chance.')
})
