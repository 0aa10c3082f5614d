import { expect, test } from 'vitest'
import type { ServiceNode } from './forest.ts'
import { servicesMeant } from './services-meant.ts'

const node = (name: string): ServiceNode => ({ name, kind: 'service', hasSpans: true })
const target = { service: 'payment', namespace: 'shop', pods: ['payment-7c9f-x2x1z'] }

test('servicesMeant() finds a target by its name, whatever else is called alike', () => {
  const system = { services: [node('order'), node('payment'), node('payment.shop')], instances: [] }
  expect(servicesMeant(system, target)).toEqual([1])
})

test('servicesMeant() finds a target by its pods, where spans name services in other words', () => {
  const services = [node('com.example.pay'), node('order')]
  const instances = [{ service: 0, name: 'payment-7c9f-x2x1z' }]
  expect(servicesMeant({ services, instances }, target)).toEqual([0])
})

test('servicesMeant() finds a target by its name with its namespace, and none in another namespace', () => {
  const named = (name: string) => ({ services: [node(name)], instances: [] })
  expect(
    ['payment.shop', 'shop/payment', 'payment.test'].map((n) => servicesMeant(named(n), target)),
  ).toEqual([[0], [0], []])
  const anywhere = { service: 'payment' }
  expect(servicesMeant(named('payment.shop'), anywhere)).toEqual([0])
  const twice = { services: [node('payment.shop'), node('payment.test')], instances: [] }
  expect(servicesMeant(twice, anywhere)).toEqual([])
})
