/** One request with a batch of spans. Answers, never throws. */
export type SendBatch = (body: Uint8Array, stop: AbortSignal) => Promise<SendOutcome>

export type SendOutcome =
  /** `rejected`: spans that the collector did not take, with its reason. */
  | { readonly kind: 'sent'; readonly rejected: number; readonly why: string | undefined }
  /** Sending it again would not help. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'again'; readonly why: string; readonly afterMs: number | undefined }

export type Sender = { readonly send: SendBatch; readonly close: () => void }

export function reasonOf(error: unknown): string {
  // Several addresses were tried: they fail alike.
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message || first.name : String(first)
}
