/** Half of a surrogate pair cannot be encoded: it becomes U+FFFD. */
export function percentEncoded(value: string): string {
  return encodeURIComponent(value.toWellFormed())
}

/** What is not percent-encoded as it should be stays as it was sent. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
