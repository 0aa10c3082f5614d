import type { ServiceConfig } from '../../../model/system.ts'
import { startWarden } from '../warden-client.ts'

/** A runner for tests: a service, its proxy and a fault, held by a warden; then it waits to be killed. */
const [runFolder, leaseMs, serviceText] = process.argv.slice(2)
const service = JSON.parse(serviceText) as ServiceConfig
const warden = await startWarden({ runFolder, leaseMs: Number(leaseMs) })
await warden.startService(service, {}, 0)
await warden.waitUntilListening(`${service.name}-0`, 20_000)
await warden.openProxies([service])
await warden.apply({
  faultId: 'NetworkChaos/default/slow',
  label: 'echo +300 ms',
  untilNs: BigInt(Date.now() + 600_000) * 1_000_000n,
  actions: [
    {
      kind: 'link',
      service: service.name,
      group: service.name,
      fault: {
        id: 'slow',
        pods: undefined,
        callers: undefined,
        directions: ['down'],
        stage: {
          kind: 'latency',
          latencyMs: 300,
          jitterMs: 0,
          correlationPercent: 0,
          handshake: false,
          reorder: undefined,
        },
      },
    },
  ],
})
console.log(`ready ${warden.pid}`)
setInterval(() => undefined, 1_000)
