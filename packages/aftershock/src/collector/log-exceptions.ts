import { logsObject, type OtlpObject } from './otlp-objects.ts'
import { plainAttributes } from './tag-otlp-objects.ts'

/** An exception that came as a log record of a span; semantic conventions move them there from span events. */
export type LogException = {
  /** 16 hex digits, lower case. */
  readonly spanId: string
  readonly type: string
  readonly message: string
}

export type LogsRead = { readonly records: number; readonly exceptions: readonly LogException[] }

/** Reads a plain logs body. @throws Error when it is none */
export function readLogs(encoding: 'protobuf' | 'json', bytes: Uint8Array): LogsRead {
  const request =
    encoding === 'protobuf' ? logsObject(bytes) : (JSON.parse(new TextDecoder().decode(bytes)) as OtlpObject)
  const exceptions: LogException[] = []
  let records = 0
  for (const group of objects(request.resourceLogs)) {
    for (const scope of objects(group.scopeLogs)) {
      for (const record of objects(scope.logRecords)) {
        records += 1
        const exception = exceptionOf(record)
        if (exception !== undefined) exceptions.push(exception)
      }
    }
  }
  return { records, exceptions }
}

function exceptionOf(record: OtlpObject): LogException | undefined {
  const spanId = String(record.spanId ?? '').toLowerCase()
  if (!/^[0-9a-f]{16}$/.test(spanId)) return undefined
  const attributes = plainAttributes(record.attributes)
  const type = String(attributes['exception.type'] ?? '')
  const message = String(attributes['exception.message'] ?? '')
  return type === '' && message === '' ? undefined : { spanId, type, message }
}

function objects(value: unknown): OtlpObject[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []
}
