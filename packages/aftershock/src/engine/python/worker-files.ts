import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The worker's folder: beside the other packages in the repository, even after a build; inside ours when published. */
export function workerFolder(): string {
  const repository = fileURLToPath(new URL('../../../../python/aftershock_worker', import.meta.url))
  return existsSync(repository)
    ? repository
    : fileURLToPath(new URL('../../../python/aftershock_worker', import.meta.url))
}
