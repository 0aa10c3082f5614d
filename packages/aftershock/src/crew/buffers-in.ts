/** Memory of columns of at least so many bytes in a tree of objects, lists and values of Maps. */
export function buffersIn(
  value: unknown,
  bytesMin: number,
  found = new Set<ArrayBufferLike>(),
): ReadonlySet<ArrayBufferLike> {
  if (typeof value !== 'object' || value === null) return found
  if (ArrayBuffer.isView(value)) {
    if (value.buffer.byteLength >= bytesMin) found.add(value.buffer)
  } else if (Array.isArray(value)) {
    for (const one of value) if (typeof one === 'object') buffersIn(one, bytesMin, found)
  } else {
    const values = value instanceof Map ? value.values() : Object.values(value)
    for (const one of values) if (typeof one === 'object') buffersIn(one, bytesMin, found)
  }
  return found
}
