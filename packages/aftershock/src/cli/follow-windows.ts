import type { TagWindow } from '../collector/tag.ts'
import { systemClock } from '../engine/clock.ts'
import type { ClusterWindowsJson } from '../model/cluster-experiment.ts'
import { ProblemError } from '../model/problem.ts'
import { clusterTagWindows } from './cluster-tag-windows.ts'
import type { WatcherClient } from './watcher-client.ts'

const WAIT_MS = 25_000
const AGAIN_MS = 2_000

/** Keeps a collector's windows as the watcher of a cluster knows them; its absence is told once and waited out. */
export function followWindows(
  watcher: WatcherClient,
  set: (windows: readonly TagWindow[]) => void,
  say: (text: string) => void,
): { stop(): Promise<void> } {
  const stop = new AbortController()
  const clock = systemClock()
  const done = (async () => {
    let revision = -1
    let isAway = false
    while (!stop.signal.aborted) {
      try {
        const query = revision < 0 ? '' : `?after=${revision}&wait=${WAIT_MS}`
        const known = await watcher.get<ClusterWindowsJson>(`/api/windows${query}`, stop.signal)
        if (known.revision !== revision) set(clusterTagWindows(known.experiments))
        revision = known.revision
        if (isAway) say(`the watcher ${watcher.url} answers again`)
        isAway = false
      } catch (error) {
        if (stop.signal.aborted) return
        const why = error instanceof ProblemError ? error.problems[0]?.why : String(error)
        if (!isAway) say(`no windows from ${watcher.url}: ${why}; spans are kept without`)
        isAway = true
        revision = -1
        await clock.sleep(AGAIN_MS, stop.signal)
      }
    }
  })()
  return {
    stop: async () => {
      stop.abort()
      await done
    },
  }
}
