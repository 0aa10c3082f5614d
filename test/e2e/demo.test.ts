import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MechanismKind } from '../../packages/aftershock/src/model/result.ts'
import { cli } from './support/cli.ts'
import { leftAfter, NOTHING } from './support/nothing-left.ts'
import { latestRun, userSpansIn } from './support/run-folder.ts'
import { playScenes } from './support/scenes.ts'
import { schemaProblems } from './support/schema.ts'

const SHOP_PORTS = [
  ...Array.from({ length: 8 }, (_, i) => 21_000 + i),
  22_000,
  22_010,
  22_020,
  22_040,
  4318,
  4317,
]

const demo = () => seen('demo')

const seen = playScenes({
  demo: async ({ folder: cwd }) => {
    const end = await cli(['demo', '--baseline', '8s', '--chaos', '10s', '--seed', '42'], { cwd })
    // For example its ports are taken: another demo is running on this machine.
    if (end.code !== 0) throw new Error(`the demo exits ${end.code}:\n${end.stderr}`)
    const run = latestRun(cwd)
    return { end, run, left: await leftAfter(0, SHOP_PORTS, run.pids()), result: run.result() }
  },
})

const mechanism = (kind: MechanismKind, caller: string, callee: string) =>
  demo().result.mechanisms.find((one) => one.kind === kind && one.caller === caller && one.callee === callee)

test('the demo ends well and shows users being hit', () => {
  expect(demo().end.code, demo().end.stderr).toBe(0)
  expect(demo().result.run.verdict).toBe('broke')
  expect(demo().end.stdout).toMatch(/BROKE {2}payment-latency/)
  const checkouts = userSpansIn(demo().run, 'chaos').filter((span) => span.name === 'POST /checkout')
  expect(checkouts.filter((span) => span.status === 503).length).toBeGreaterThan(checkouts.length / 4)
  expect(
    userSpansIn(demo().run, 'chaos').some((span) => span.name === 'GET /products' && span.status >= 500),
  ).toBe(false)
})

test('the chain leads from the fault over time-out, retry and breaker to the users', () => {
  const kinds = demo().result.chain.map((step) => step.kind)
  expect(kinds[0], demo().end.stdout + demo().end.stderr).toBe('inject')
  expect(kinds.at(-1)).toBe('user')
  expect(demo().result.chain.at(-1)?.text).toContain('503')
  const all = demo().result.chains.flatMap((chain) => chain.steps.map((step) => step.kind))
  expect(all).toEqual(expect.arrayContaining(['inject', 'timeout', 'retry', 'user']))
  for (const step of demo().result.chain)
    for (const cause of step.causes) expect(demo().result.chain.map((one) => one.id)).toContain(cause)
})

test('the time-out of order is found with its limit of 400 ms, the retry and the breaker of checkout with theirs', () => {
  const timeout = mechanism('timeout', 'order', 'payment')
  expect(timeout?.timeoutMs).toBeGreaterThan(390)
  expect(timeout?.timeoutMs).toBeLessThan(450)
  expect(mechanism('retry', 'checkout', 'order')?.count).toBeGreaterThan(5)
  expect(mechanism('circuit-breaker', 'checkout', 'order')?.count).toBeGreaterThan(0)
})

test('the first suspect, found blind, is payment', () => {
  expect(demo().result.suspects[0]?.service).toBe('payment')
})

test('users are back before the end, and the fault is proven, removed and verified', () => {
  expect(demo().result.run.recoveryMs).not.toBeNull()
  expect(demo().result.recovery.metastable).toBe(false)
  expect(demo().result.proof).toMatchObject({ tookEffect: true, gone: true })
  expect(demo().result.proof.deltaMs).toBeGreaterThan(450)
})

test('the report is one file of at most 1 MB, and the result fits its schema', () => {
  expect(statSync(join(demo().run.path, 'report.html')).size).toBeLessThan(1_000_000)
  expect(schemaProblems(demo().result)).toEqual([])
})

test('nothing is left running', () => {
  expect(demo().left).toEqual(NOTHING)
})
