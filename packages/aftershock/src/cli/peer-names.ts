import type { Address, SystemFile } from '../model/system.ts'

/** Address → service, as spans tell peers: every address a service is called at, replicas included. */
export function peerNames(system: Pick<SystemFile, 'services'>): Readonly<Record<string, string>> {
  const names: Record<string, string> = {}
  const add = (address: Address | undefined, replicas: number, service: string): void => {
    if (address === undefined) return
    for (let i = 0; i < replicas; i++) {
      for (const host of hostsOf(address.host)) names[`${host}:${address.port + i}`] = service
    }
  }
  for (const service of system.services) {
    add(service.upstream, service.replicas, service.name)
    add(service.listen, 1, service.name)
  }
  return names
}

/** The loopback has more than one name. */
function hostsOf(host: string): readonly string[] {
  return host === '127.0.0.1' || host === 'localhost' ? ['127.0.0.1', 'localhost'] : [host]
}
