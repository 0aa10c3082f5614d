import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { knownCallers } from './known-callers.ts'

const home = mkdtempSync(join(tmpdir(), 'aftershock-callers-'))
afterAll(() => rmSync(home, { recursive: true }))

function runWith(id: string, edges: readonly { readonly from: string; readonly to: string }[]): void {
  mkdirSync(join(home, 'runs', id), { recursive: true })
  const run = { id, name: id, startedAt: `2026-11-21T0${id.slice(-1)}:00:00Z`, verdict: 'held', exitCode: 0 }
  writeFileSync(join(home, 'runs', id, 'result.json'), JSON.stringify({ run, edges }))
}

test('knownCallers() takes the newest run that saw the service called', () => {
  expect(knownCallers(home, ['payment'])).toBeUndefined()
  runWith('r-1', [{ from: 'cart', to: 'payment' }])
  runWith('r-2', [
    { from: 'order', to: 'payment' },
    { from: 'billing', to: 'payment' },
    { from: 'order', to: 'payment' },
    { from: 'web', to: 'order' },
  ])
  runWith('r-3', [{ from: 'web', to: 'order' }])
  expect(knownCallers(home, ['payment'])).toEqual({ run: 'r-2', callers: ['billing', 'order'] })
  expect(knownCallers(home, ['nobody'])).toBeUndefined()
})

test('knownCallers() passes over runs without a result', () => {
  mkdirSync(join(home, 'runs', 'r-9'))
  expect(knownCallers(home, ['payment'])?.run).toBe('r-2')
})
