import { expect, test } from 'vitest'
import { serviceOfPod } from './service-of-pod.ts'

const owner = { kind: 'ReplicaSet', name: 'pay-7d4f9', controller: true }
const metadata = { name: 'pay-7d4f9-x2x', ownerReferences: [owner], labels: { 'pod-template-hash': '7d4f9' } }

test.each([
  ['the name the process is told', { env: [{ name: 'OTEL_SERVICE_NAME', value: 'payment' }] }, {}, 'payment'],
  [
    'its resource attributes',
    { env: [{ name: 'OTEL_RESOURCE_ATTRIBUTES', value: 'a=b, service.name=pay ,c=d' }] },
    { labels: { app: 'x' } },
    'pay',
  ],
  [
    'the annotation',
    { env: [{ name: 'OTEL_SERVICE_NAME', value: '$(NAME)' }] },
    { annotations: { 'resource.opentelemetry.io/service.name': 'pay-a' }, labels: { app: 'x' } },
    'pay-a',
  ],
  ['the label', {}, { labels: { 'app.kubernetes.io/name': 'pay-l', app: 'x' } }, 'pay-l'],
  ['the short label', {}, { labels: { app: 'x' } }, 'x'],
])('%s', (_, container, meta, expected) => {
  expect(serviceOfPod({ metadata: { ...metadata, ...meta }, spec: { containers: [container] } })).toBe(
    expected,
  )
})

test('the Deployment, by its ReplicaSet', () => {
  expect(serviceOfPod({ metadata })).toBe('pay')
})

test('a bare pod is its own service', () => {
  expect(serviceOfPod({ metadata: { name: 'pay-0' } })).toBe('pay-0')
})
