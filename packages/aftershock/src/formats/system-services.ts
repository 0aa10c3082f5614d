import type { Address, ServiceConfig } from '../model/system.ts'
import { addressOf, addressText } from './address.ts'
import { choiceOf, entriesOf, type Field, fieldsOf, numberOf, objectTo, textOf, textsOf } from './decode.ts'

/** A service with its place, so that two services can be compared and the second be pointed at. */
type Placed = { readonly config: ServiceConfig; readonly field: Field }

const FIELDS = [
  'namespace',
  'labels',
  'annotations',
  'command',
  'cwd',
  'env',
  'listen',
  'upstream',
  'protocol',
  'replicas',
] as const

/** @param folder - the system file's own, which `cwd` is relative to */
export function servicesOf(field: Field | undefined, folder: string): readonly ServiceConfig[] {
  const entries = field === undefined ? [] : (entriesOf(field) ?? [])
  const placed = entries.flatMap((entry): Placed[] => {
    const config = serviceOf(entry, folder)
    return config === undefined ? [] : [{ config, field: entry }]
  })
  checkPorts(placed)
  return placed.map((one) => one.config)
}

function serviceOf(field: Field, folder: string): ServiceConfig | undefined {
  const name = String(field.path.at(-1))
  const fields = fieldsOf(field, FIELDS)
  if (fields === undefined) return undefined
  const labels = textsOf(fields.labels)
  const config: ServiceConfig = {
    name,
    namespace: textOf(fields.namespace) ?? 'default',
    labels: fields.labels === undefined ? { app: name } : labels,
    annotations: textsOf(fields.annotations),
    command: textOf(fields.command),
    cwd: joined(folder, textOf(fields.cwd)),
    env: textsOf(fields.env),
    listen: addressOf(fields.listen),
    upstream: addressOf(fields.upstream),
    protocol: choiceOf(fields.protocol, ['http', 'grpc', 'tcp']) ?? 'http',
    replicas: numberOf(fields.replicas, { min: 1, max: 100, integer: true }) ?? 1,
  }
  checkService(config, field, fields.listen)
  return config
}

function checkService(config: ServiceConfig, field: Field, listen: Field | undefined): void {
  const { upstream, replicas } = config
  if (config.listen !== undefined && upstream === undefined) {
    const aside = config.listen.port + (config.listen.port <= 55_535 ? 10_000 : -10_000)
    const why = 'listen needs upstream: our proxy takes listen, and the process must be reached elsewhere'
    const fix = `Add upstream: ${addressText({ ...config.listen, port: aside })}${
      config.command === undefined
        ? ', and start the service there'
        : ' (the process is given the port as PORT)'
    }`
    objectTo(listen ?? field, 'upstream-missing', why, fix)
  }
  if (upstream !== undefined && upstream.port + replicas - 1 > 65_535) {
    const why = `replica i listens on the upstream's port + i: ${replicas} replicas do not fit above ${upstream.port}`
    objectTo(field, 'port-range', why)
  }
  if (replicas > 1 && upstream === undefined) {
    objectTo(field, 'upstream-missing', `${replicas} replicas need upstream: each takes a port of its own`)
  }
}

/** Every address is one process's or one proxy's. */
function checkPorts(services: readonly Placed[]): void {
  const taken = new Map<string, string>()
  for (const { config, field } of services) {
    for (const { address, use } of addressesOf(config)) {
      const key = addressText(address)
      const other = taken.get(key)
      const mine = `${config.name} (${use})`
      if (other === undefined) taken.set(key, mine)
      else {
        const name = use === 'listen' ? 'listen' : 'upstream'
        const why = `every address must be used once: ${key} is used by ${other} and by ${mine}`
        objectTo(
          { ...field, path: [...field.path, name] },
          'duplicate-address',
          why,
          'Give one of them another port',
        )
      }
    }
  }
}

function addressesOf(config: ServiceConfig): readonly { address: Address; use: string }[] {
  const { listen, upstream } = config
  const replicas = upstream === undefined ? 0 : Math.min(config.replicas, 65_536 - upstream.port)
  const upstreams = Array.from({ length: Math.max(0, replicas) }, (_, i) => ({
    address: { host: upstream?.host ?? '', port: (upstream?.port ?? 0) + i },
    use: i === 0 ? 'upstream' : `upstream of replica ${i}`,
  }))
  return [...(listen === undefined ? [] : [{ address: listen, use: 'listen' }]), ...upstreams]
}

function joined(folder: string, cwd: string | undefined): string {
  if (cwd === undefined) return folder === '' ? '.' : folder
  const isAbsolute = /^(?:[/\\]|[A-Za-z]:[/\\])/.test(cwd)
  return isAbsolute || folder === '' ? cwd : `${folder.replace(/[/\\]$/, '')}/${cwd.replace(/^\.[/\\]/, '')}`
}
