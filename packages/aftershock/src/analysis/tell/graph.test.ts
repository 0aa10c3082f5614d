import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import type { GraphNode } from '../../model/result.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

const request = (pay: string, stock = 'http=200', web = 'http=200'): string => `
web GET /buy           0-60ms   ${web}
  web>stock GET /s     2-12ms   ${stock}
    stock GET /s       3-11ms   ${stock}
  web>pay POST /pay    20-40ms  ${pay}
    pay POST /pay      21-39ms  ${pay}
`
const CALM = `@ +1s ×140 every 400ms${request('http=200')}`
const ABORT = { kind: 'HTTPChaos', action: 'abort' } as const

function nodesOf(target: string, ...drawings: readonly string[]): ReadonlyMap<string, GraphNode> {
  const windows = drawnWindows(target, ABORT)
  const { graph } = analyse({ table: tableOf([CALM, ...drawings].join('\n')), windows })
  return new Map(graph.nodes.map((node) => [node.id, node]))
}

test('a service that fails more than before, though not because of the fault, is told as such and not as failing', () => {
  const hit = `@ +61s ×40 every 1s${request('http=503', 'http=200', 'http=503')}`
  const broken = `@ +61.5s ×10 every 3s${request('http=200', 'http=500')}`
  const nodes = nodesOf('pay', hit, broken)
  expect(nodes.get('stock')).toMatchObject({ state: 'steady', otherFailures: { failed: 10, of: 50 } })
  expect(nodes.get('web')).toMatchObject({ state: 'failing' })
  expect(nodes.get('web')).not.toHaveProperty('otherFailures')
  expect(nodes.get('pay')).toMatchObject({ state: 'origin' })
})

test('a service that fails now and then, as it did before, is steady', () => {
  const now = `@ +2s ×6 every 9s${request('http=200', 'http=500')}`
  const nodes = nodesOf(
    'pay',
    now,
    now.replace('+2s', '+62s'),
    `@ +61s ×100 every 500ms${request('http=503')}`,
  )
  expect(nodes.get('stock')).toMatchObject({ state: 'steady' })
  expect(nodes.get('stock')).not.toHaveProperty('otherFailures')
})

test('users are failing as their requests are, where no span of theirs tells so', () => {
  const own = `@ +61s ×40 every 1s\nweb GET /buy  0-5ms  http=500 exception="Error:broken"`
  const nodes = nodesOf('web', own)
  expect(nodes.get('web')?.state).toBe('origin')
  expect(nodes.get('users')?.state).toBe('failing')
  expect(nodesOf('pay', own).get('users')).toMatchObject({
    state: 'steady',
    otherFailures: { failed: 40, of: 40 },
  })
})
