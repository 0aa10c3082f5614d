import { GrowingBytes } from './growing-bytes.ts'

/** A piece of a JSON document that can be parsed on its own. */
export type JsonElement = {
  /** Path of the list it was in, '' for the outermost list; undefined: a whole value outside any list. */
  readonly list: string | undefined
  readonly bytes: Uint8Array
  /** Line on which it begins, from 1. */
  readonly line: number
}

/** Lists that trace documents put their traces in: each of their elements is read by itself. */
const OPENED_LISTS = new Set([
  '',
  'resourceSpans',
  'resource_spans',
  'batches',
  'data',
  'resourceLogs',
  'result.resourceSpans',
  'trace.resourceSpans',
  'trace.batches',
])

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = [0x7b, 0x7d, 0x5b, 0x5d]
const LINE_FEED = 0x0a

/**
 * Cuts a JSON document into elements while it arrives, so that a pretty-printed file larger than any
 * string can be read, and a cut-off one up to the cut. It only finds where values begin and end; whether
 * they are JSON, `JSON.parse` says.
 */
export class JsonElements {
  line = 1
  #found: JsonElement[] = []
  #pending = new GrowingBytes()
  #at = 0
  #depth = 0
  #inString = false
  #escaped = false
  /** Keys leading to the current object, down to depth 2. */
  #keys: string[] = []
  #stringStart = -1
  #lastString = ''
  /** Depth within the list being cut up; -1 = none. */
  #openedDepth = -1
  #openedList = ''
  /** Where the current element begins in `#pending`; -1 = between elements. */
  #elementStart = -1
  #elementLine = 1
  /** The outermost value held a list that was cut up, so it is not given out whole. */
  #cutUp = false

  /** Whether the document so far ends within a value. */
  get open(): boolean {
    return this.#depth > 0 || this.#inString
  }

  /** Bytes of an element not yet complete. */
  get unfinished(): number {
    return this.#elementStart === -1 && this.#depth === 0 ? 0 : this.#pending.length
  }

  /** @returns the elements that this chunk completes; their bytes are valid until the next call */
  push(chunk: Uint8Array): readonly JsonElement[] {
    this.#found = []
    this.#pending.append(chunk)
    const bytes = this.#pending.view()
    while (this.#at < bytes.length) {
      const byte = bytes[this.#at] as number
      if (this.#inString) {
        this.#passString(bytes)
        continue
      }
      this.#at += 1
      if (byte > 0x20) this.#step(byte)
      else if (byte === LINE_FEED) this.line += 1
    }
    this.#release()
    return this.#found
  }

  /** A number or word that only the end of the document ends. */
  end(): readonly JsonElement[] {
    this.#found = []
    if (this.#depth === 0 && this.#elementStart !== -1) this.#complete(this.#pending.length)
    return this.#found
  }

  #step(byte: number): void {
    const inList = this.#openedDepth === this.#depth
    switch (byte) {
      case QUOTE:
        this.#begin(this.#at - 1)
        this.#inString = true
        this.#stringStart = this.#at
        return
      case COLON:
        if (this.#depth <= 2) this.#keys[this.#depth - 1] = this.#lastString
        return
      case COMMA:
        if (inList && this.#elementStart !== -1) this.#complete(this.#at - 1)
        return
      case BRACE:
      case BRACKET: {
        const path = this.#keys.slice(0, this.#depth).join('.')
        const opens =
          byte === BRACKET && this.#openedDepth === -1 && this.#depth <= 2 && OPENED_LISTS.has(path)
        if (!opens) this.#begin(this.#at - 1)
        this.#depth += 1
        if (!opens) return
        this.#cutUp = true
        this.#openedDepth = this.#depth
        this.#openedList = path
        this.#elementStart = -1
        return
      }
      case BRACE_END:
      case BRACKET_END:
        if (inList && this.#elementStart !== -1) this.#complete(this.#at - 1)
        if (inList) this.#openedDepth = -1
        this.#depth = Math.max(0, this.#depth - 1)
        this.#keys.length = Math.min(this.#keys.length, this.#depth)
        if (this.#depth === 0) this.#endOfValue()
        return
      default:
        this.#begin(this.#at - 1)
    }
  }

  #endOfValue(): void {
    if (!this.#cutUp && this.#elementStart !== -1) this.#complete(this.#at)
    this.#elementStart = -1
    this.#cutUp = false
  }

  /** Marks the start of an element: of the opened list, or of the outermost value. */
  #begin(at: number): void {
    if (this.#elementStart !== -1) return
    const starts = this.#openedDepth === -1 ? this.#depth === 0 : this.#openedDepth === this.#depth
    if (!starts) return
    this.#elementStart = at
    this.#elementLine = this.line
  }

  #passString(bytes: Uint8Array): void {
    let at = this.#at
    const { length } = bytes
    for (; at < length; at++) {
      const byte = bytes[at]
      if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) {
        this.#inString = false
        // Only keys near the top are ever asked for.
        if (this.#depth <= 2 && at - this.#stringStart < 64)
          this.#lastString = String.fromCharCode(...bytes.subarray(this.#stringStart, at))
        at += 1
        break
      }
    }
    this.#at = at
  }

  #complete(end: number): void {
    this.#found.push({
      list: this.#openedDepth === -1 ? undefined : this.#openedList,
      bytes: this.#pending.view(this.#elementStart, end),
      line: this.#elementLine,
    })
    this.#elementStart = -1
  }

  /** Lets go of what no element needs. */
  #release(): void {
    const keepFrom = this.#elementStart === -1 ? this.#at : this.#elementStart
    const taken =
      this.#inString && this.#elementStart === -1 ? Math.min(keepFrom, this.#stringStart) : keepFrom
    this.#pending.take(taken)
    this.#at -= taken
    this.#stringStart -= taken
    if (this.#elementStart !== -1) this.#elementStart -= taken
  }
}
