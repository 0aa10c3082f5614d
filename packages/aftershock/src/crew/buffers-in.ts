/** Memory of columns of at least so many bytes in a tree of objects, lists and Maps; not what threads share. */
export function buffersIn(
  value: unknown,
  bytesMin: number,
  found = new Set<ArrayBuffer>(),
): ReadonlySet<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    const { buffer } = value
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= bytesMin) found.add(buffer)
  } else if (value instanceof Map) for (const one of value.values()) buffersIn(one, bytesMin, found)
  else if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) if (typeof one === 'object') buffersIn(one, bytesMin, found)
  }
  return found
}
