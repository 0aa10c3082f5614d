import { ApiError } from './api-error.ts'
import type { KubeClient } from './client.ts'

export type AskedRight = { readonly group: string; readonly resource: string; readonly verb: string }

/** Whether we may do it in a namespace; where even that may not be asked, the server says when it is tried. */
export async function isAllowed(client: KubeClient, namespace: string, asked: AskedRight): Promise<boolean> {
  try {
    const review = (await client.raw('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { namespace, ...asked } },
    })) as { readonly status?: { readonly allowed?: boolean } }
    return review.status?.allowed === true
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return true
    throw error
  }
}
