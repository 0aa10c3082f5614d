/** What is looked at; everything in all namespaces when empty. */
export type Scope = {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}
