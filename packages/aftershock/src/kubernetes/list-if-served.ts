import { ApiError } from './api-error.ts'
import type { KubeClient, Scope } from './client.ts'
import type { KubeObject } from './objects.ts'
import type { Resource } from './resources.ts'

/** Objects of a kind that an older Chaos Mesh may not have: then there are none. @throws ApiError, 403 too */
export async function listIfServed<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  scope?: Scope,
): Promise<readonly T[]> {
  try {
    return (await client.list<T>(resource, scope)).items
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return []
    throw error
  }
}
