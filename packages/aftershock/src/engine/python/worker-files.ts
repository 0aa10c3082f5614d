import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The worker's folder: beside the other packages in the repository, inside ours when published. */
export function workerFolder(): string {
  const published = fileURLToPath(new URL('../../../python/aftershock_worker', import.meta.url))
  return existsSync(published)
    ? published
    : fileURLToPath(new URL('../../../../python/aftershock_worker', import.meta.url))
}
