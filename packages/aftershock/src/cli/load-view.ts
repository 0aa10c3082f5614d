import type { LoadView } from '../engine/ports.ts'
import type { Load } from '../load/start-load.ts'

/** The engine's view of our own traffic. */
export function viewOfLoad(load: Load): LoadView {
  return { recent: (ms, entry) => load.recent(ms, entry), entries: () => load.entries() }
}

/** Traffic that somebody else sends: the traces tell of it afterwards, nothing is known meanwhile. */
export const unseenLoad: LoadView = {
  recent: () => ({ requests: 0, errors: 0, p50Ms: undefined, p95Ms: undefined, p99Ms: undefined }),
  entries: () => [],
}
