import type { OtlpSignal } from './received-body.ts'

/** gRPC codes that an OTLP receiver answers with (google.rpc.Code). */
export const RpcCode = {
  invalidArgument: 3,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

export type PartialSuccess = { readonly rejected: number; readonly message: string }

/** `Export{Trace,Logs,Metrics}ServiceResponse`: empty when everything was taken without a remark. */
export function exportResponse(partial: PartialSuccess): Buffer {
  if (partial.rejected === 0 && partial.message === '') return Buffer.alloc(0)
  return field(1, Buffer.concat([numberField(1, partial.rejected), textField(2, partial.message)]))
}

/** The same as JSON. */
export function exportResponseJson(signal: OtlpSignal, partial: PartialSuccess): string {
  if (partial.rejected === 0 && partial.message === '') return '{}'
  const rejected = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' }[
    signal
  ]
  return JSON.stringify({
    partialSuccess: { [rejected]: String(partial.rejected), errorMessage: partial.message },
  })
}

/** `google.rpc.Status`; with a `RetryInfo` when the sender should try again later. */
export function rpcStatus(code: number, message: string, retryAfterMs?: number): Buffer {
  const parts = [numberField(1, code), textField(2, message)]
  if (retryAfterMs !== undefined) parts.push(field(3, retryInfo(retryAfterMs)))
  return Buffer.concat(parts)
}

/** The same as JSON. */
export function rpcStatusJson(code: number, message: string): string {
  return JSON.stringify({ code, message })
}

function retryInfo(retryAfterMs: number): Buffer {
  const duration = Buffer.concat([
    numberField(1, Math.floor(retryAfterMs / 1000)),
    numberField(2, (retryAfterMs % 1000) * 1e6),
  ])
  return Buffer.concat([
    textField(1, 'type.googleapis.com/google.rpc.RetryInfo'),
    field(2, field(1, duration)),
  ])
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(content.length), content])
}

function textField(number: number, text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : field(number, Buffer.from(text))
}

function numberField(number: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([number << 3]), varint(value)])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}
