import type { KnownTarget } from '../../formats/known-faults/known-fault.ts'
import type { Injection } from '../../model/run.ts'
import type { ServiceConfig } from '../../model/system.ts'

type Target = Injection['targets'][number]

/** Labels that name the application by convention, when no service of the system file has the labels asked for. */
const NAMING_LABELS = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name']

/**
 * The services a fault of somebody else's extension hits: those whose labels or name match, else the one that the
 * labels or the name speak of, as the traces may call it.
 */
export function targetServices(
  targets: readonly KnownTarget[],
  services: readonly ServiceConfig[],
): readonly Target[] {
  return targets.flatMap((target) => {
    const matched = services.filter((service) => matches(service, target))
    const named = NAMING_LABELS.map((label) => target.labels[label]).find((one) => one !== undefined)
    const spoken = named ?? target.name
    if (matched.length > 0)
      return matched.flatMap((service) =>
        Array.from({ length: service.replicas }, (_, i) => ({
          service: service.name,
          namespace: service.namespace,
          pod: `${service.name}-${i}`,
          role: 'target' as const,
        })),
      )
    return spoken === undefined
      ? []
      : [{ service: spoken, namespace: target.namespace, pod: spoken, role: 'target' as const }]
  })
}

function matches(service: ServiceConfig, { labels, name }: KnownTarget): boolean {
  const wanted = Object.entries(labels)
  if (wanted.length > 0) return wanted.every(([label, value]) => service.labels[label] === value)
  return name !== undefined && bare(name) === bare(service.name)
}

/** `payment-proxy`, `payment_service` and `payment` speak of one service. */
function bare(name: string): string {
  return name.toLowerCase().replace(/[-_](proxy|service|svc|toxic|api)$/, '')
}
