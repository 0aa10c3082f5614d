import type { TargetFacts } from '../../model/window.ts'
import type { System } from './forest.ts'

type Target = Pick<TargetFacts, 'service'> & Partial<TargetFacts>

/**
 * The services of the spans that a target of the experiment is, by number: of its name; else, since spans may name
 * services in other words than experiments do, those whose instances are its pods; else those that carry its namespace
 * in their name (`payment.shop`, `shop/payment`), or any namespace where none is told and one is called so.
 */
export function servicesMeant(
  { services, instances }: Pick<System, 'services' | 'instances'>,
  { service, namespace, pods = [] }: Target,
): readonly number[] {
  const called = (isMeant: (name: string) => boolean): readonly number[] =>
    [...services.keys()].filter((s) => isMeant(services[s].name))
  const byName = called((name) => name === service)
  if (byName.length > 0) return byName
  const byPod = instances.filter(({ name }) => pods.includes(name)).map((instance) => instance.service)
  if (byPod.length > 0) return [...new Set(byPod)]
  if (namespace === undefined) {
    const inSome = called((name) => name.startsWith(`${service}.`) || name.endsWith(`/${service}`))
    return inSome.length === 1 ? inSome : []
  }
  const forms = [`${service}.${namespace}`, `${namespace}/${service}`, `${namespace}.${service}`]
  return called((name) => forms.includes(name))
}
