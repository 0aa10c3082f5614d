import { describe, expect, test } from 'vitest'
import { readChaosObject } from './chaos-object.ts'
import { placeOf, roleOf } from './history.ts'

describe('roleOf()', () => {
  const cases = [
    ['delay', 'to', 'target', 'peer'],
    ['delay', 'from', 'peer', 'target'],
    ['delay', 'both', 'target', 'target'],
    ['loss', 'from', 'peer', 'target'],
    ['partition', 'to', 'target', 'target'],
    ['partition', 'from', 'target', 'target'],
  ] as const
  test.each(cases)('%s %s: sources are %s, `target` pods are %s', (action, direction, source, target) => {
    expect(rolesIn('NetworkChaos', { action, direction }, ['.', '.Target'])).toEqual([source, target])
  })

  test('without `target` every pod is a target, whatever the direction', () => {
    expect(rolesIn('NetworkChaos', { action: 'delay', direction: 'from' }, ['.'])).toEqual(['target'])
  })

  test('other kinds know no peers', () => {
    expect(rolesIn('HTTPChaos', {}, ['.'])).toEqual(['target'])
  })
})

describe('placeOf()', () => {
  test.each([
    ['NetworkChaos', 'shop/pay-1', { namespace: 'shop', pod: 'pay-1', container: undefined }],
    ['StressChaos', 'shop/pay-1/main', { namespace: 'shop', pod: 'pay-1', container: 'main' }],
    ['BlockChaos', 'shop/pay-1/main/data', { namespace: 'shop', pod: 'pay-1', container: 'main' }],
    ['AWSChaos', '{"ec2Instance":"i-1"}', { pod: undefined, other: '{"ec2Instance":"i-1"}' }],
    ['PhysicalMachineChaos', 'http://10.0.0.1:31767', { pod: undefined, other: 'http://10.0.0.1:31767' }],
    ['PhysicalMachineChaos', 'shop/vm-1', { pod: undefined, other: 'shop/vm-1' }],
  ])('%s %s', (kind, id, place) => {
    expect(placeOf(kind, id)).toMatchObject(place)
  })
})

function rolesIn(kind: string, spec: object, keys: readonly string[]): readonly string[] {
  const containerRecords = keys.map((selectorKey, i) => ({
    id: `shop/p-${i}`,
    selectorKey,
    phase: 'Injected',
  }))
  const object = readChaosObject({
    kind,
    metadata: { uid: 'u', name: 'n', namespace: 'shop' },
    spec,
    status: { experiment: { containerRecords } },
  })
  if (object?.records === undefined) throw new Error('an object with records')
  return object.records.map((record) => roleOf(object, record))
}
