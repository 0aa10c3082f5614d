/** What of an accepted export was not taken after all. */
export type PartialSuccess = { readonly rejected: number; readonly why: string | undefined }

const nothing: PartialSuccess = { rejected: 0, why: undefined }

/**
 * Reads an ExportTraceServiceResponse. What cannot be read counts as nothing rejected: the status has said
 * already that the spans were taken.
 */
export function partialSuccess(bytes: Uint8Array, encoding: 'protobuf' | 'json'): PartialSuccess {
  try {
    return encoding === 'json' ? fromJson(new TextDecoder().decode(bytes)) : fromProtobuf(bytes)
  } catch {
    return nothing
  }
}

function fromJson(text: string): PartialSuccess {
  const { partialSuccess: part } = JSON.parse(text) as {
    readonly partialSuccess?: { readonly rejectedSpans?: string | number; readonly errorMessage?: string }
  }
  const why = part?.errorMessage
  return { rejected: Number(part?.rejectedSpans ?? 0) || 0, why: typeof why === 'string' ? why : undefined }
}

/** Field 1, a message: field 1 the count, field 2 the reason. */
function fromProtobuf(bytes: Uint8Array): PartialSuccess {
  const part = fieldsOf(bytes).get(1)
  if (!(part instanceof Uint8Array)) return nothing
  const fields = fieldsOf(part)
  const why = fields.get(2)
  return {
    rejected: Number(fields.get(1) ?? 0) || 0,
    why: why instanceof Uint8Array ? new TextDecoder().decode(why) : undefined,
  }
}

/** The varints and the length-delimited fields of one message. @throws RangeError when it ends too early */
function fieldsOf(bytes: Uint8Array): ReadonlyMap<number, bigint | Uint8Array> {
  const fields = new Map<number, bigint | Uint8Array>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('the message ends too early')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new RangeError('a varint is too long')
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const wire = tag & 7
    if (wire === 0) fields.set(tag >>> 3, varint())
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else if (wire === 2) {
      const length = Number(varint())
      fields.set(tag >>> 3, bytes.subarray(at, at + length))
      at += length
    } else throw new RangeError(`wire type ${wire}`)
  }
  return fields
}
