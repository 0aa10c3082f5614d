import { push } from './push.ts'

/** What several maps hold by key, as one map; `join` makes one of all that a key has. */
export function joinedMaps<Key, Value, Joined = Value>(
  maps: readonly ReadonlyMap<Key, Value>[],
  join: (values: readonly Value[]) => Joined,
): ReadonlyMap<Key, Joined> {
  const lists = new Map<Key, Value[]>()
  for (const map of maps) for (const [key, value] of map) push(lists, key, value)
  return new Map([...lists].map(([key, list]) => [key, join(list)]))
}
