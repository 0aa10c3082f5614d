import type { LocalPod, ServiceConfig } from '../../model/system.ts'

/** Every replica of every service, named as a selector can name it. */
export function localPods(services: readonly ServiceConfig[]): readonly LocalPod[] {
  return services.flatMap(({ name, namespace, labels, annotations, replicas }) =>
    Array.from({ length: replicas }, (_, index) => ({
      service: name,
      namespace,
      pod: `${name}-${index}`,
      index,
      labels,
      annotations,
    })),
  )
}
