import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// `order` and `mail` both call `stock`; `order` calls `pay` besides. One service is the fault's target while another is
// what is really wrong.

const asked = (caller: string, lateMs: number): string => `
${caller} POST /${caller}            0-${60 + lateMs}ms  http=200
  ${caller}>stock GET /stock      5-${25 + lateMs}ms  http=200
    stock GET /stock   ${6 + lateMs}-${24 + lateMs}ms  http=200
`
const paid = (lateMs: number): string => `
order POST /paid            0-${60 + lateMs}ms  http=200
  order>pay POST /pay      5-${25 + lateMs}ms  http=200
    pay POST /pay   ${6 + lateMs}-${24 + lateMs}ms  http=200
`

/** Requests laid to the fault of the target, where calls of these kinds are late while it is on. */
function blamed(target: string, late: { order: number; mail: number; pay: number }): number {
  const all = (order: number, mail: number, pay: number): string =>
    `${asked('order', order)}\n@ +SAT${asked('mail', mail)}\n@ +SAT${paid(pay)}`
  const at = (fromS: number, drawing: string): string =>
    `@ +${fromS}s ×100 every 500ms${drawing.replaceAll('@ +SAT', `@ +${fromS}s ×100 every 500ms`)}`
  const table = tableOf(`${at(1, all(0, 0, 0))}\n${at(61, all(late.order, late.mail, late.pay))}`)
  const windows = drawnWindows(target, { kind: 'NetworkChaos', action: 'delay' })
  return analyse({ table, windows }).traces.filter((t) => t.attributed).length
}

test('a target that waits for a service as all its callers do is no reason for that', () => {
  expect(blamed('order', { order: 300, mail: 300, pay: 0 })).toBe(0)
})

test('a target that waits for all that it calls is, whatever another caller meets', () => {
  expect(blamed('order', { order: 300, mail: 300, pay: 300 })).toBe(200)
})

test('a target that alone waits for a service is', () => {
  expect(blamed('order', { order: 300, mail: 0, pay: 0 })).toBe(100)
})

test('a caller that waits for all that it calls does so by itself, where others find the target as before', () => {
  expect(blamed('stock', { order: 300, mail: 0, pay: 300 })).toBe(0)
  expect(blamed('stock', { order: 300, mail: 300, pay: 0 })).toBe(200)
})

test('a target that tells of no calls may be late by itself, whatever another caller meets', () => {
  const served = (caller: string, lateMs: number): string => `
${caller} POST /${caller}  0-${60 + lateMs}ms  http=200
  stock GET /stock   ${6 + lateMs}-${24 + lateMs}ms  http=200
`
  const both = (fromS: number, order: number, mail: number): string =>
    `@ +${fromS}s ×100 every 500ms${served('order', order)}\n@ +${fromS}s ×100 every 500ms${served('mail', mail)}\n`
  const table = tableOf(both(1, 0, 0) + both(61, 300, 200))
  const windows = drawnWindows('order', { kind: 'IOChaos', action: 'latency' })
  const hit = analyse({ table, windows }).traces.filter((t) => t.attributed)
  expect(hit.length).toBe(100)
})
