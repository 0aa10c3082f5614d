import type { PodSighting } from '../windows/history.ts'

const STATES_MAX = 64

/** The pods of a cluster: the newest state of each, and of those that matter what they went through. */
export class PodBook {
  readonly #pods = new Map<string, PodSighting[]>()
  readonly #byOwner = new Map<string, Set<string>>()

  /** @returns false when nothing that a window depends on has changed */
  note(sighting: PodSighting, isKept: boolean): boolean {
    const { pod } = sighting
    const key = `${pod.namespace}/${pod.name}`
    const known = this.#pods.get(key)
    const last = known?.at(-1)
    if (last !== undefined && isSame(last, sighting)) return false
    if (isKept) this.#pods.set(key, [...(known ?? []), sighting].slice(-STATES_MAX))
    else if (sighting.gone) this.#forget(key)
    else this.#pods.set(key, [sighting])
    if (pod.ownerUid !== '' && (isKept || !sighting.gone)) this.#ownedBy(pod.ownerUid).add(key)
    return true
  }

  newest(namespace: string, name: string): PodSighting | undefined {
    return this.#pods.get(`${namespace}/${name}`)?.at(-1)
  }

  states(key: string): readonly PodSighting[] {
    return this.#pods.get(key) ?? []
  }

  /** Keys of all pods of one owner. */
  owned(ownerUid: string): ReadonlySet<string> {
    return this.#byOwner.get(ownerUid) ?? new Set()
  }

  /** Newest states of all that are there. */
  *all(): Iterable<PodSighting> {
    for (const states of this.#pods.values()) {
      const last = states.at(-1)
      if (last !== undefined && !last.gone) yield last
    }
  }

  /** What no experiment depends on keeps its newest state only. */
  prune(isKept: (key: string, sighting: PodSighting) => boolean): void {
    for (const [key, states] of this.#pods) {
      const last = states.at(-1)
      if (last === undefined || isKept(key, last)) continue
      if (last.gone) this.#forget(key)
      else this.#pods.set(key, [last])
    }
  }

  #forget(key: string): void {
    const owner = this.#pods.get(key)?.at(-1)?.pod.ownerUid ?? ''
    this.#pods.delete(key)
    const owned = this.#byOwner.get(owner)
    owned?.delete(key)
    if (owned?.size === 0) this.#byOwner.delete(owner)
  }

  #ownedBy(uid: string): Set<string> {
    const known = this.#byOwner.get(uid)
    if (known !== undefined) return known
    const made = new Set<string>()
    this.#byOwner.set(uid, made)
    return made
  }
}

function isSame(a: PodSighting, b: PodSighting): boolean {
  const [x, y] = [a.pod, b.pod]
  return (
    a.gone === b.gone &&
    x.uid === y.uid &&
    x.ready === y.ready &&
    x.deleting === y.deleting &&
    x.experiment === y.experiment &&
    x.ip === y.ip &&
    x.containers.length === y.containers.length &&
    x.containers.every((one, i) => {
      const other = y.containers[i]
      return one.id === other?.id && one.restarts === other.restarts && one.name === other.name
    })
  )
}
