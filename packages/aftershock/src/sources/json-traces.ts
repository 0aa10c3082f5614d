import type { TraceFormat, TraceJsonDecoder } from '../formats/trace-json.ts'
import { countOf } from '../model/numbers.ts'
import type { Problem } from '../model/problem.ts'
import { GrowingBytes } from './growing-bytes.ts'
import { type JsonElement, JsonElements } from './json-elements.ts'

/** Where a reader of one file puts what it finds. */
export type FileTally = {
  readonly file: string
  format: TraceFormat | undefined
  spans: number
  invalid: number
  readonly problems: Problem[]
}

/** A reader of one file's plain bytes. */
export type ChunkReader = { push(chunk: Uint8Array): void; end(): void }

const LINE_FEED = 0x0a
/** A first line longer than this is no line of spans: the file is one document. */
const LINE_BYTES_MAX = 64 * 1024 * 1024
/** V8's strings hold about 512 Mi characters. */
const ELEMENT_BYTES_MAX = 400 * 1024 * 1024
/** Zipkin's lists hold single spans; those of a trace should be read together. */
const LIST_ELEMENTS = 20_000
const PROBLEMS_MAX = 10

/**
 * Reads JSON of any trace format: line by line when the first line is a whole value, otherwise as one
 * document, cut into elements (also when it is larger than a string can be).
 */
export class JsonTraces implements ChunkReader {
  #tally: FileTally
  #decoder: TraceJsonDecoder
  #text = new TextDecoder()
  #lines = new GrowingBytes()
  #searched = 0
  #line = 1
  #lineSeen = false
  #document: JsonElements | undefined
  #list: unknown[] = []
  #listLine = 1
  #badLines = 0
  /** Values of no trace format: the first is told, with how many there are. */
  #unknown: { readonly at: number; count: number } | undefined

  constructor(decoder: TraceJsonDecoder, tally: FileTally) {
    this.#decoder = decoder
    this.#tally = tally
  }

  push(chunk: Uint8Array): void {
    if (this.#document !== undefined) {
      this.#readElements(this.#document, chunk)
      return
    }
    this.#lines.append(chunk)
    this.#readLines()
  }

  end(): void {
    const rest = this.#document === undefined ? this.#lines.view() : new Uint8Array(0)
    if (this.#document === undefined && rest.some((byte) => byte > 0x20)) this.#readLastLine(rest)
    if (this.#document !== undefined) this.#endDocument(this.#document)
    this.#countUnknown()
    if (this.#badLines > PROBLEMS_MAX) {
      const more = this.#badLines - PROBLEMS_MAX
      this.#problem('json-lines', `${more} more lines could not be read`, undefined)
    }
  }

  #readLines(): void {
    for (;;) {
      const bytes = this.#lines.view()
      const end = bytes.indexOf(LINE_FEED, this.#searched)
      if (end === -1) {
        this.#searched = bytes.length
        if (bytes.length > LINE_BYTES_MAX) this.#switchToDocument()
        return
      }
      const line = bytes.subarray(0, end)
      if (line.some((byte) => byte > 0x20)) {
        if (!this.#readLine(line) && !this.#lineSeen) {
          this.#switchToDocument()
          return
        }
        this.#lineSeen = true
      }
      this.#lines.take(end + 1)
      this.#searched = 0
      this.#line += 1
    }
  }

  /** @returns false when it is no JSON */
  #readLine(bytes: Uint8Array): boolean {
    const json = this.#parse(bytes)
    if (json === undefined) {
      if (this.#lineSeen) this.#badLine('the line is no JSON')
      return false
    }
    this.#add(json, this.#line)
    return true
  }

  /** The last line may be cut off: what is whole in it still counts. */
  #readLastLine(bytes: Uint8Array): void {
    const json = this.#parse(bytes)
    if (json !== undefined) this.#add(json, this.#line)
    else this.#switchToDocument()
  }

  #switchToDocument(): void {
    this.#document = new JsonElements()
    this.#document.line = this.#line
    const bytes = this.#lines.view().slice()
    this.#lines.take(bytes.length)
    this.#readElements(this.#document, bytes)
  }

  #readElements(document: JsonElements, chunk: Uint8Array): void {
    for (const element of document.push(chunk)) this.#readElement(element)
    if (document.unfinished > ELEMENT_BYTES_MAX)
      throw new Error('A single element of the document is larger than 400 MB; write OTLP JSON lines instead')
  }

  #readElement(element: JsonElement): void {
    const json = this.#parse(element.bytes)
    if (json === undefined) this.#badLine('the element is no JSON', element.line)
    else if (element.list === undefined) this.#add(json, element.line)
    else if (element.list === '' || element.list === 'data') {
      if (this.#list.length === 0) this.#listLine = element.line
      this.#list.push(json)
      if (this.#list.length >= LIST_ELEMENTS || element.list === 'data') this.#flushList()
    } else {
      const name = element.list.split('.').at(-1) ?? element.list
      this.#add({ [name]: [json] }, element.line)
    }
  }

  #flushList(): void {
    if (this.#list.length > 0) this.#add(this.#list, this.#listLine)
    this.#list = []
  }

  #endDocument(document: JsonElements): void {
    for (const element of document.end()) this.#readElement(element)
    this.#flushList()
    if (document.unfinished > 0 || document.open)
      this.#problem(
        'json-cut-off',
        'it ends within a value; everything whole before it was read',
        document.line,
      )
  }

  #parse(bytes: Uint8Array): unknown {
    try {
      return JSON.parse(this.#text.decode(bytes)) ?? undefined
    } catch {
      return undefined
    }
  }

  #add(json: unknown, line: number): void {
    const result = this.#decoder.add(json, this.#tally.file)
    for (const problem of result.ok ? result.warnings : result.problems) {
      if (problem.code === 'trace-format') {
        if (this.#unknown !== undefined) {
          this.#unknown.count += 1
          continue
        }
        this.#unknown = { at: this.#tally.problems.length, count: 1 }
      } else this.#badLines += 1
      if (this.#badLines > PROBLEMS_MAX) continue
      this.#tally.problems.push({ ...problem, where: { ...problem.where, file: this.#tally.file, line } })
    }
    if (!result.ok) return
    this.#tally.format =
      result.value.spans > 0 ? result.value.format : (this.#tally.format ?? result.value.format)
    this.#tally.spans += result.value.spans
    this.#tally.invalid += result.value.invalid
  }

  #countUnknown(): void {
    const { at, count } = this.#unknown ?? { at: 0, count: 0 }
    const first = this.#tally.problems[at]
    if (first === undefined || count < 2) return
    const others = countOf(count - 1, 'more values')
    this.#tally.problems[at] = {
      ...first,
      why: `${first.why}; ${others} of the file ${count === 2 ? 'is' : 'are'} none either`,
    }
  }

  #badLine(why: string, line = this.#line): void {
    this.#badLines += 1
    if (this.#badLines <= PROBLEMS_MAX) this.#problem('json-line', why, line)
  }

  #problem(code: string, why: string, line: number | undefined): void {
    this.#tally.problems.push({
      code,
      what: 'Cannot read all of the file',
      where: { file: this.#tally.file, line },
      why: `A trace file is JSON, whole values: ${why}`,
      fix: 'Was the file copied while it was written, or cut off? Copy it again',
    })
  }
}
