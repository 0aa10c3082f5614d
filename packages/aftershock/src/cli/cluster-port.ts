import type { ClusterPort } from '../server/cluster-routes.ts'
import type { WatcherClient } from './watcher-client.ts'

/** The server's view of a cluster: what its watcher says. */
export function clusterPort(watcher: WatcherClient): ClusterPort {
  const ask =
    <T>(collection: string) =>
    (query: Readonly<Record<string, string>>): Promise<T> =>
      watcher.get<T>(`/api/${collection}?${new URLSearchParams(query)}`)
  return { experiments: ask('experiments'), archives: ask('archives'), events: ask('events') }
}
