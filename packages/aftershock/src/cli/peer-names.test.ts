import { expect, test } from 'vitest'
import type { ServiceConfig } from '../model/system.ts'
import { peerNames } from './peer-names.ts'

test('peerNames() tells every address of a service, its replicas and the loopback’s other name', () => {
  const service: ServiceConfig = {
    name: 'payment-db',
    namespace: 'default',
    labels: {},
    annotations: {},
    command: undefined,
    cwd: '.',
    env: {},
    listen: { host: '127.0.0.1', port: 21007 },
    upstream: { host: '10.0.0.5', port: 31007 },
    protocol: 'tcp',
    replicas: 2,
  }
  expect(peerNames({ services: [service] })).toEqual({
    '10.0.0.5:31007': 'payment-db',
    '10.0.0.5:31008': 'payment-db',
    '127.0.0.1:21007': 'payment-db',
    'localhost:21007': 'payment-db',
  })
})
