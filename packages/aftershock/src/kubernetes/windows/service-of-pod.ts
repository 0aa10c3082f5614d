import { itemsAt, textAt, valueAt } from './json-at.ts'

/**
 * The `service.name` that the telemetry of a pod bears, by the order in which it comes about: what the
 * process is told (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`), then what the OpenTelemetry operator
 * derives: annotation, labels, owner.
 */
export function serviceOfPod(json: unknown): string {
  const named =
    environment(json, 'OTEL_SERVICE_NAME') ??
    resourceAttribute(environment(json, 'OTEL_RESOURCE_ATTRIBUTES'), 'service.name') ??
    text(valueAt(json, 'metadata', 'annotations', 'resource.opentelemetry.io/service.name')) ??
    label(json, 'app.kubernetes.io/name') ??
    label(json, 'app') ??
    label(json, 'k8s-app')
  return named ?? nameOfOwner(json)
}

function environment(json: unknown, name: string): string | undefined {
  for (const container of itemsAt(json, 'spec', 'containers')) {
    const found = itemsAt(container, 'env').find((one) => textAt(one, 'name') === name)
    // A value with $(…) or valueFrom is known to the kubelet only.
    const value = text(valueAt(found, 'value'))
    if (value !== undefined && !value.includes('$(')) return value
  }
  return undefined
}

function resourceAttribute(list: string | undefined, key: string): string | undefined {
  const pair = list?.split(',').find((one) => one.trim().startsWith(`${key}=`))
  return text(pair?.slice(pair.indexOf('=') + 1).trim())
}

function label(json: unknown, key: string): string | undefined {
  return text(valueAt(json, 'metadata', 'labels', key))
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A Deployment is not an owner of pods: its ReplicaSet's name without the hash is its name. */
function nameOfOwner(json: unknown): string {
  const owner = itemsAt(json, 'metadata', 'ownerReferences').find(
    (one) => valueAt(one, 'controller') === true,
  )
  const name = textAt(owner, 'name')
  if (name === '') return textAt(json, 'metadata', 'name')
  const hash = textAt(json, 'metadata', 'labels', 'pod-template-hash')
  const isHashed = textAt(owner, 'kind') === 'ReplicaSet' && hash !== '' && name.endsWith(`-${hash}`)
  return isHashed ? name.slice(0, -hash.length - 1) : name
}
