import { forkRandom } from '../../model/random.ts'
import type { ServiceConfig } from '../../model/system.ts'
import { openProxy } from '../proxy/open-proxy.ts'
import type { Proxy as FaultProxy } from '../proxy/proxy.ts'

/**
 * The proxy in front of a service as the system file describes it: replica i listens on upstream port + i.
 *
 * @returns undefined when the service lacks one of its two addresses
 */
export async function openServiceProxy(
  service: ServiceConfig,
  identify: (remotePort: number) => Promise<string | undefined>,
  seed: number,
): Promise<FaultProxy | undefined> {
  const { listen, upstream, name } = service
  if (listen === undefined || upstream === undefined) return undefined
  return await openProxy({
    service: name,
    protocol: service.protocol,
    listen,
    replicas: Array.from({ length: service.replicas }, (_, index) => ({
      pod: `${name}-${index}`,
      address: { host: upstream.host, port: upstream.port + index },
    })),
    identify,
    random: forkRandom(seed, `proxy ${name}`),
  })
}
