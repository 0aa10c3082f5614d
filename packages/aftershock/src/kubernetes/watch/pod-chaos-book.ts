import type { PodChaosSighting } from '../windows/history.ts'
import { POD_CHAOS_OF, type PodChaos } from '../windows/pod-chaos.ts'
import type { SeenEvent } from './experiment-entry.ts'
import { eventSighting } from './replay-of.ts'
import type { Sighting } from './sighting.ts'

const PER_POD_MAX = 256
const KINDS = Object.values(POD_CHAOS_OF)

/** What PodNetworkChaos, PodHttpChaos and PodIOChaos went through, and what was said of them, by pod. */
export class PodChaosBook {
  readonly #states = new Map<string, readonly PodChaosSighting[]>()
  readonly #events = new Map<string, readonly SeenEvent[]>()

  /** @returns whether it was news */
  noteState(sighting: PodChaosSighting): boolean {
    const { kind, namespace, pod } = sighting.podChaos
    const key = `${kind} ${namespace}/${pod}`
    const known = this.#states.get(key) ?? []
    if (isSame(known.at(-1)?.podChaos, sighting.podChaos)) return false
    this.#states.set(key, [...known, sighting].slice(-PER_POD_MAX))
    return true
  }

  /** @returns whether it was news */
  noteEvent(event: SeenEvent): boolean {
    const key = `${event.namespace}/${event.objectName}`
    const known = this.#events.get(key) ?? []
    if (known.some((one) => one.name === event.name)) return false
    this.#events.set(key, [...known, event].slice(-PER_POD_MAX))
    return true
  }

  states(pods: Iterable<string>): readonly PodChaosSighting[] {
    return [...pods].flatMap((pod) => KINDS.flatMap((kind) => this.#states.get(`${kind} ${pod}`) ?? []))
  }

  events(pods: Iterable<string>): readonly SeenEvent[] {
    return [...pods].flatMap((pod) => this.#events.get(pod) ?? [])
  }

  /** What no experiment depends on is forgotten. */
  prune(named: ReadonlySet<string>): void {
    for (const key of this.#states.keys())
      if (!named.has(key.slice(key.indexOf(' ') + 1))) this.#states.delete(key)
    for (const key of this.#events.keys()) if (!named.has(key)) this.#events.delete(key)
  }

  *sightings(): Iterable<Sighting> {
    for (const states of this.#states.values())
      for (const { podChaos, seenNs, live } of states) yield { what: 'rule', podChaos, seenNs, live }
    for (const events of this.#events.values()) for (const event of events) yield eventSighting(event)
  }
}

function isSame(a: PodChaos | undefined, b: PodChaos): boolean {
  return (
    a !== undefined &&
    a.generation === b.generation &&
    a.observedGeneration === b.observedGeneration &&
    a.failedMessage === b.failedMessage &&
    a.sources.join() === b.sources.join()
  )
}
