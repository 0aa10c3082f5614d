import { describe, expect, test } from 'vitest'
import { nameTimeNs, readChaosEvent } from './chaos-event.ts'

const event = {
  metadata: {
    name: 'pay-delay.18b3d491e5cc0715',
    namespace: 'shop',
    annotations: { 'chaos-mesh.org/type': 'applied', 'chaos-mesh.org/id': 'shop/pay-1' },
  },
  involvedObject: { kind: 'NetworkChaos', name: 'pay-delay', namespace: 'shop', uid: 'u-7' },
  reason: 'Applied',
  type: 'Normal',
  message: 'Successfully apply chaos for shop/pay-1',
  source: { component: 'records' },
  firstTimestamp: '2026-05-28T20:26:40Z',
  count: 1,
}

describe('when an event was emitted', () => {
  test('stands in its name, in nanoseconds', () => {
    expect(readChaosEvent(event)).toMatchObject({
      atNs: 1_780_000_000_832_177_941n,
      exact: true,
      recordId: 'shop/pay-1',
      component: 'records',
    })
  })

  test('is a whole second when the name is of other making', () => {
    for (const name of ['pay-delay.warn', 'other.18b3d491e5cc0715', 'pay-delay.18b3d491e5cc0715f0'])
      expect(readChaosEvent({ ...event, metadata: { ...event.metadata, name } })).toMatchObject({
        atNs: 1_780_000_000_000_000_000n,
        exact: false,
      })
  })

  test('is a whole second when name and timestamp do not agree', () => {
    const read = readChaosEvent({ ...event, firstTimestamp: '2026-05-28T21:26:40Z' })
    expect(read?.exact).toBe(false)
  })

  test('a name with dots is no obstacle', () => {
    expect(nameTimeNs('pay.delay.v2.18b3d491e5cc0715', 'pay.delay.v2')).toBe(1_780_000_000_832_177_941n)
  })

  test('what has no time is no event', () => {
    expect(readChaosEvent({})).toBeUndefined()
    expect(readChaosEvent(undefined)).toBeUndefined()
  })
})
