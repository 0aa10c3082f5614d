const HEAD_BYTES = 8192
const COMPLETE = /^[A-Z-]{3,24} [^\s]+ HTTP\/1\.[01]\r?\n/
/** The request line may be cut by the end of the chunk. */
const BEGUN = /^[A-Z-]{3,24} [/*h][^\s]*$/

/** Whether a connection's first bytes, or the first after an answer, begin an HTTP/1 request. */
export function looksLikeHttpRequest(chunk: Buffer): boolean {
  const head = chunk.toString('latin1', 0, HEAD_BYTES)
  return COMPLETE.test(head) || BEGUN.test(head)
}
