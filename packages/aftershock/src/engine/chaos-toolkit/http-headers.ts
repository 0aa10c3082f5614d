/** The value of a header, however it is spelled; `name` in small letters. */
export function headerOf(headers: ReadonlyMap<string, string>, name: string): string | undefined {
  for (const [own, value] of headers) if (own.toLowerCase() === name) return value
  return undefined
}
