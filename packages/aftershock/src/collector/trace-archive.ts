import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { JsonSink } from '../formats/json-sink.ts'
import { encodeOtlpJson } from '../formats/otlp-json-encode.ts'
import { type AttributeAdder, ProtobufToJson } from '../formats/otlp-protobuf-to-json.ts'
import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import { chaosAdder } from './chaos-adder.ts'
import type { Tagger } from './tag.ts'
import { type OtlpObject, taggedObjects } from './tag-otlp-objects.ts'

const compress = promisify(gzip)

/** Long enough for the runner to say when the fault began, so that the spans it caught are tagged. */
const HOLD_MS = 2000
/** More than this does not wait for its time: memory is worth more than a tag that comes late. */
const HELD_BYTES_MAX = 64 << 20
/** Of bodies; as JSON it is about twice as much, 10 ms of work. */
const MEMBER_BYTES = 1 << 20
/** About what a span of ours takes as JSON. */
const SPAN_BYTES = 500

type Held = { readonly bytes: number; readonly sinceMs: number; readonly body: Body }
type Body =
  | { readonly kind: 'protobuf'; readonly bytes: Uint8Array }
  /** Read when it is its turn. */
  | { readonly kind: 'json'; readonly text: () => string }

/** One is filled while the other one is compressed. */
type Part = { readonly sink: JsonSink; readonly writer: ProtobufToJson }

/**
 * Writes `traces.otlp.jsonl.gz`: one ExportTraceServiceRequest a line, as the collector's file exporter does,
 * with the `chaos.*` attributes on tagged spans. Each flush is a gzip member of its own, appended in one
 * write: a run that is killed leaves a file that can be read up to the last flush.
 */
export class TraceArchive {
  readonly #file: Promise<FileHandle>
  readonly #nowMs: () => number
  #tagger: () => Tagger | undefined
  readonly #parts: readonly Part[] = [newPart(), newPart()]
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
    this.#hold(
      bytes.length,
      encoding === 'protobuf'
        ? { kind: 'protobuf', bytes }
        : { kind: 'json', text: () => new TextDecoder().decode(bytes) },
    )
  }

  /** Takes spans made by us. */
  addSpans(resource: Readonly<Record<string, AttributeValue>>, spans: readonly SpanInput[]): void {
    this.#hold(spans.length * SPAN_BYTES, {
      kind: 'json',
      text: () => encodeOtlpJson([{ resource, spans }]),
    })
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

  #hold(bytes: number, body: Body): void {
    if (this.#broken) return
    this.#held.push({ bytes, sinceMs: this.#nowMs(), body })
    this.#heldBytes += bytes
  }

  /** While one part is compressed and written by other threads, the next one is put together here. */
  async #drain(limitMs: number): Promise<void> {
    let writing: Promise<void> = Promise.resolve()
    for (let part = 0; this.#isDue(limitMs); part = 1 - part) {
      const { sink, writer } = this.#parts[part] as Part
      const bytes = this.#fill(sink, writer, limitMs)
      await writing
      writing = this.#write(sink.written(), bytes)
      await new Promise(setImmediate)
    }
    await writing
  }

  #isDue(limitMs: number): boolean {
    const oldest = this.#held[0]
    return oldest !== undefined && (oldest.sinceMs <= limitMs || this.#heldBytes > HELD_BYTES_MAX)
  }

  /** @returns how many held bytes went into it */
  #fill(sink: JsonSink, writer: ProtobufToJson, limitMs: number): number {
    const tagger = this.#tagger()
    const adder = tagger === undefined ? undefined : chaosAdder(tagger)
    sink.clear()
    let bytes = 0
    let taken = 0
    for (; taken < this.#held.length && bytes < MEMBER_BYTES; taken++) {
      const held = this.#held[taken] as Held
      if (held.sinceMs > limitMs && this.#heldBytes - bytes <= HELD_BYTES_MAX) break
      bytes += held.bytes
      this.#writeLine(held.body, sink, writer, tagger, adder)
    }
    this.#held.splice(0, taken)
    this.#heldBytes -= bytes
    this.#writingBytes += bytes
    return bytes
  }

  #writeLine(
    body: Body,
    sink: JsonSink,
    writer: ProtobufToJson,
    tagger: Tagger | undefined,
    adder: AttributeAdder | undefined,
  ): void {
    const before = sink.length
    try {
      if (body.kind === 'protobuf') writer.write(body.bytes, adder)
      else sink.text(JSON.stringify(taggedObjects(JSON.parse(body.text()) as OtlpObject, tagger)))
      sink.byte(LINE_FEED)
    } catch (error) {
      // What the decoder took should be readable; if it is not, the rest of the file still is.
      sink.length = before
      this.#failed ??= error
    }
  }

  async #write(lines: Uint8Array, bytes: number): Promise<void> {
    try {
      const member = await compress(lines, { level: 1 })
      await (await this.#file).appendFile(member)
    } catch (error) {
      this.#failed ??= error
      this.#broken = true
    } finally {
      this.#writingBytes -= bytes
    }
  }
}

const LINE_FEED = 0x0a

function newPart(): Part {
  const sink = new JsonSink()
  return { sink, writer: new ProtobufToJson(sink) }
}
