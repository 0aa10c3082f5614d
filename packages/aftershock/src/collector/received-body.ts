/** The three OTLP signals; metrics are accepted, so that exporters stay quiet, and ignored. */
export type OtlpSignal = 'traces' | 'logs' | 'metrics'

/** A request body as it came in: still compressed, bytes owned by whoever holds it (it may be transferred). */
export type ReceivedBody = {
  readonly signal: OtlpSignal
  readonly encoding: 'protobuf' | 'json'
  readonly compression: Compression
  readonly bytes: Uint8Array<ArrayBuffer>
}

export type Compression = 'identity' | 'gzip' | 'deflate' | 'zstd'

/** What the sender is told. Only `busy` may be tried again. */
export type Acceptance =
  | {
      readonly kind: 'accepted'
      readonly items: number
      readonly rejected: number
      /** Why items were rejected; a warning when none were; empty when all is well. */
      readonly message: string
    }
  | { readonly kind: 'bad-data'; readonly why: string }
  | { readonly kind: 'too-large'; readonly why: string }
  | { readonly kind: 'busy'; readonly retryAfterMs: number }

/** Where receivers put bodies. Never rejects; the acceptance is known when the body has been decoded. */
export type BodySink = (body: ReceivedBody) => Promise<Acceptance>

export const ACCEPTED_NOTHING: Acceptance = { kind: 'accepted', items: 0, rejected: 0, message: '' }

/** Sizes above which a body is refused: as it arrives, and after decompression (OTLP asks for both). */
export type BodyLimits = {
  readonly bodyBytesMax: number
  readonly decompressedBytesMax: number
  /** Bodies that are being read at the same time, in all. */
  readonly readingBytesMax: number
}

export const BODY_LIMITS: BodyLimits = {
  bodyBytesMax: 16 << 20,
  decompressedBytesMax: 64 << 20,
  readingBytesMax: 128 << 20,
}
