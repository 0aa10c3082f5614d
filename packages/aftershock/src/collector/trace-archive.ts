import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { encodeOtlpJson } from '../formats/otlp-json-encode.ts'
import { resourceOf } from '../model/resource.ts'
import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue, Resource } from '../model/span-table.ts'
import { chaosAttributes } from './chaos-attributes.ts'
import { type OtlpObject, tracesObject } from './otlp-objects.ts'
import type { Tagger } from './tag.ts'

const compress = promisify(gzip)

/** Long enough for the runner to say when the fault began, so that the spans it caught are tagged. */
const HOLD_MS = 2000
const MEMBER_BYTES = 4 << 20
/** About what a span of ours takes as JSON. */
const SPAN_BYTES = 500

type Held = { readonly bytes: number; readonly sinceMs: number; readonly read: () => OtlpObject }

/**
 * Writes `traces.otlp.jsonl.gz`: one ExportTraceServiceRequest a line, as the collector's file exporter does,
 * with the `chaos.*` attributes on tagged spans. Each flush is a gzip member of its own, appended in one
 * write: a run that is killed leaves a file that can be read up to the last flush.
 */
export class TraceArchive {
  readonly #file: Promise<FileHandle>
  readonly #nowMs: () => number
  #tagger: () => Tagger | undefined
  #held: Held[] = []
  #heldBytes = 0
  #draining: Promise<void> | undefined
  #writingBytes = 0
  #failed: unknown
  /** The file cannot be written: nothing more is held for it. */
  #broken = false

  constructor(file: string, tagger: () => Tagger | undefined, nowMs: () => number = Date.now) {
    this.#file = open(file, 'a', 0o600)
    this.#file.catch((error: unknown) => {
      this.#failed = error
      this.#broken = true
    })
    this.#tagger = tagger
    this.#nowMs = nowMs
  }

  /** Bytes that wait to be written; the collector refuses bodies while there are too many. */
  get waitingBytes(): number {
    return this.#heldBytes + this.#writingBytes
  }

  /** The first error of the file, for example a full disk. */
  get failure(): unknown {
    return this.#failed
  }

  /** Takes the decompressed body of a traces request that could be read. */
  add(encoding: 'protobuf' | 'json', bytes: Uint8Array): void {
    this.#hold(bytes.length, () =>
      encoding === 'protobuf'
        ? tracesObject(bytes)
        : (JSON.parse(new TextDecoder().decode(bytes)) as OtlpObject),
    )
  }

  /** Takes spans made by us. */
  addSpans(resource: Readonly<Record<string, AttributeValue>>, spans: readonly SpanInput[]): void {
    this.#hold(
      spans.length * SPAN_BYTES,
      () => JSON.parse(encodeOtlpJson([{ resource, spans }])) as OtlpObject,
    )
  }

  /** Writes what has been held long enough, a part at a time, so that the thread stays free for bodies. */
  async flush(): Promise<void> {
    if (this.#draining === undefined) {
      this.#draining = this.#drain(this.#nowMs() - HOLD_MS)
      await this.#draining
      this.#draining = undefined
    } else await this.#draining
  }

  /** Writes everything; rejects with the first error the file had. */
  async close(): Promise<void> {
    await this.#draining
    await this.#drain(Number.POSITIVE_INFINITY)
    await (await this.#file).close()
    if (this.#failed !== undefined) throw this.#failed
  }

  #hold(bytes: number, read: () => OtlpObject): void {
    if (this.#broken) return
    this.#held.push({ bytes, sinceMs: this.#nowMs(), read })
    this.#heldBytes += bytes
  }

  /** While one part is compressed and written by other threads, the next one is put together here. */
  async #drain(limitMs: number): Promise<void> {
    let writing: Promise<void> = Promise.resolve()
    while (this.#held[0] !== undefined && this.#held[0].sinceMs <= limitMs) {
      const { text, bytes } = this.#nextPart(limitMs)
      this.#heldBytes -= bytes
      this.#writingBytes += bytes
      await writing
      writing = this.#write(text, bytes)
      await new Promise(setImmediate)
    }
    await writing
  }

  #nextPart(limitMs: number): { readonly text: string; readonly bytes: number } {
    const tagger = this.#tagger()
    let text = ''
    let bytes = 0
    let taken = 0
    for (; taken < this.#held.length && bytes < MEMBER_BYTES; taken++) {
      const held = this.#held[taken] as Held
      if (held.sinceMs > limitMs) break
      bytes += held.bytes
      try {
        text += `${JSON.stringify(tagged(held.read(), tagger))}\n`
      } catch (error) {
        // What the decoder took should be readable; if it is not, the rest of the file still is.
        this.#failed ??= error
      }
    }
    this.#held.splice(0, taken)
    return { text, bytes }
  }

  async #write(text: string, bytes: number): Promise<void> {
    try {
      const member = await compress(text, { level: 1 })
      await (await this.#file).appendFile(member)
    } catch (error) {
      this.#failed ??= error
      this.#broken = true
    } finally {
      this.#writingBytes -= bytes
    }
  }
}

/** `chaos.*` added to the spans of a window. */
function tagged(request: OtlpObject, tagger: Tagger | undefined): OtlpObject {
  if (tagger === undefined) return request
  for (const group of listOf(request.resourceSpans)) {
    const resource = resourceOf(plainAttributes((group.resource as OtlpObject | undefined)?.attributes))
    for (const scope of listOf(group.scopeSpans)) {
      for (const span of listOf(scope.spans)) addChaos(span, resource, tagger)
    }
  }
  return request
}

function addChaos(span: OtlpObject, resource: Resource, tagger: Tagger): void {
  const startNs = nanosOf(span.startTimeUnixNano)
  const endNs = nanosOf(span.endTimeUnixNano)
  const found = tagger.tagOne(startNs, endNs, resource)
  if (found.window === undefined) return
  const chaos = chaosAttributes(found.marks, found.window, Number(endNs - startNs))
  const own = listOf(span.attributes).filter(({ key }) => !(String(key) in chaos))
  span.attributes = [...own, ...Object.entries(chaos).map(keyValue)]
}

function keyValue([key, value]: readonly [string, AttributeValue]): OtlpObject {
  if (typeof value === 'boolean') return { key, value: { boolValue: value } }
  return { key, value: typeof value === 'number' ? { doubleValue: value } : { stringValue: String(value) } }
}

function listOf(value: unknown): OtlpObject[] {
  return Array.isArray(value) ? value : []
}

function nanosOf(value: unknown): bigint {
  return typeof value === 'string' && /^\d{1,20}$/.test(value)
    ? BigInt(value)
    : BigInt(Math.round(Number(value) || 0))
}

/** What `resourceOf` reads: texts and numbers. */
export function plainAttributes(list: unknown): Record<string, AttributeValue> {
  const found: Record<string, AttributeValue> = {}
  for (const { key, value } of listOf(list)) {
    const any = (value ?? {}) as OtlpObject
    const plain = any.stringValue ?? any.intValue ?? any.doubleValue ?? any.boolValue
    if (typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean')
      found[String(key)] = plain
  }
  return found
}
