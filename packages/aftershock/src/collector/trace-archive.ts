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
  #writing: Promise<void> = Promise.resolve()
  #writingBytes = 0
  #failed: unknown

  constructor(file: string, tagger: () => Tagger | undefined, nowMs: () => number = Date.now) {
    this.#file = open(file, 'a', 0o600)
    this.#file.catch((error: unknown) => {
      this.#failed = error
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

  /** Writes what has been held long enough. */
  flush(): Promise<void> {
    return this.#flushOlderThan(this.#nowMs() - HOLD_MS)
  }

  /** Writes everything; rejects with the first error the file had. */
  async close(): Promise<void> {
    await this.#flushOlderThan(Number.POSITIVE_INFINITY)
    await (await this.#file).close()
    if (this.#failed !== undefined) throw this.#failed
  }

  #hold(bytes: number, read: () => OtlpObject): void {
    if (this.#failed !== undefined) return
    this.#held.push({ bytes, sinceMs: this.#nowMs(), read })
    this.#heldBytes += bytes
  }

  #flushOlderThan(limitMs: number): Promise<void> {
    while (this.#held[0] !== undefined && this.#held[0].sinceMs <= limitMs) {
      const lines: string[] = []
      let bytes = 0
      while (this.#held[0] !== undefined && this.#held[0].sinceMs <= limitMs && bytes < MEMBER_BYTES) {
        const held = this.#held.shift() as Held
        bytes += held.bytes
        lines.push(JSON.stringify(tagged(held.read(), this.#tagger())))
      }
      this.#heldBytes -= bytes
      this.#writingBytes += bytes
      this.#writing = this.#writing.then(() => this.#write(`${lines.join('\n')}\n`, bytes))
    }
    return this.#writing
  }

  async #write(text: string, bytes: number): Promise<void> {
    try {
      if (this.#failed === undefined) {
        const member = await compress(text, { level: 1 })
        await (await this.#file).write(member)
      }
    } catch (error) {
      this.#failed ??= error
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
