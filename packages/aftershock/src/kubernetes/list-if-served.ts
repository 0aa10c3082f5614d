import { ApiError } from './api-error.ts'
import type { KubeClient } from './client.ts'
import type { KubeObject } from './objects.ts'
import type { Resource } from './resources.ts'
import type { Scope } from './scope.ts'

/** Objects of a kind that an older Chaos Mesh may not have: then there are none. @throws ApiError, 403 too */
export async function listIfServed<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  scope?: Scope,
): Promise<readonly T[]> {
  return (await listUnless([404], client, resource, scope)) ?? []
}

/** @returns undefined when there is no such kind, or when we may not look */
export function listIfReadable<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  scope?: Scope,
): Promise<readonly T[] | undefined> {
  return listUnless([403, 404], client, resource, scope)
}

async function listUnless<T extends KubeObject>(
  statuses: readonly number[],
  client: KubeClient,
  resource: Resource,
  scope: Scope | undefined,
): Promise<readonly T[] | undefined> {
  try {
    return (await client.list<T>(resource, scope)).items
  } catch (error) {
    if (error instanceof ApiError && statuses.includes(error.status)) return undefined
    throw error
  }
}
