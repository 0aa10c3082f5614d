export type Header = readonly [name: string, value: string]

/** Changes a whole body; throws `UnreadableBody` when it is not what the change needs. */
export type BodyEdit = (body: Buffer) => Buffer

/** A request on its way: what rules match and change. */
export type HttpRequestHead = {
  readonly method: string
  /** As on the request line: path and query. */
  readonly target: string
  readonly headers: readonly Header[]
  readonly bodyEdits: readonly BodyEdit[]
}

export type HttpResponseHead = {
  readonly code: number
  readonly reason: string
  readonly headers: readonly Header[]
  readonly bodyEdits: readonly BodyEdit[]
}

export class UnreadableBody extends Error {}

/** Node's flat list of names and values, in the order and spelling of the wire. */
export function pairs(rawHeaders: readonly string[]): readonly Header[] {
  return rawHeaders.flatMap((name, i): Header[] => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? '']] : []))
}

export function valuesOf(headers: readonly Header[], name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value)
}

export function without(headers: readonly Header[], name: string): readonly Header[] {
  const unwanted = name.toLowerCase()
  return headers.filter(([key]) => key.toLowerCase() !== unwanted)
}

/** All of that name give way to one. */
export function withHeader(headers: readonly Header[], name: string, value: string): readonly Header[] {
  return [...without(headers, name), [name, value]]
}
