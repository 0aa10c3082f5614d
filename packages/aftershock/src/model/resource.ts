import type { AttributeValue, Resource } from './span-table.ts'

/** Resolves who a span belongs to from its resource attributes (names as in the semantic conventions). */
export function resourceOf(attributes: Readonly<Record<string, AttributeValue>>): Resource {
  const text = (...keys: readonly string[]): string => {
    for (const key of keys) {
      const value = attributes[key]
      if (typeof value === 'string' && value !== '') return value
      if (typeof value === 'number') return String(value)
    }
    return ''
  }
  const pod = text('k8s.pod.name')
  const host = [text('host.name'), text('process.pid')].filter((part) => part !== '').join(':')
  return {
    service: text('service.name', 'k8s.deployment.name') || 'unknown_service',
    namespace: text('k8s.namespace.name', 'service.namespace'),
    instance: pod || text('service.instance.id', 'container.id') || host,
    pod,
    container: text('k8s.container.name', 'container.name'),
    attributes,
  }
}
