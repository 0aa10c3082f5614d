import { ByteDictionary } from './byte-dictionary.ts'

export type DictionaryLimits = {
  readonly stringsMax: number
  /** Characters of all strings together. */
  readonly charactersMax: number
  /** Of one string; the rest is cut off. Stack traces and SQL are not for columns. */
  readonly stringCharactersMax: number
}

export const DICTIONARY_LIMITS: DictionaryLimits = {
  stringsMax: 2_000_000,
  charactersMax: 400_000_000,
  stringCharactersMax: 8192,
}

/** Stands for every string after the dictionary was full: visible, never mistaken for "absent". */
export const OVERFLOW_TEXT = '(other)'

/** Strings to ids, from text and straight from UTF-8 bytes; id 0 is the empty string. */
export class StringDictionary {
  readonly strings: string[] = ['']
  /** Strings that were cut, or came after the dictionary was full. */
  refused = 0
  #ids = new Map<string, number>([['', 0]])
  #byBytes = new ByteDictionary()
  #characters = 0
  #overflowId = 0
  #limits: DictionaryLimits
  #decoder = new TextDecoder()

  constructor(limits: DictionaryLimits = DICTIONARY_LIMITS) {
    this.#limits = limits
  }

  idOf(text: string): number {
    return this.#ids.get(text) ?? this.#add(text)
  }

  /** The id of UTF-8 bytes; a string is created only the first time. Invalid bytes become U+FFFD. */
  idOfBytes(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return 0
    const known = this.#byBytes.find(bytes, start, end)
    if (known >= 0) return known
    const { stringCharactersMax, stringsMax } = this.#limits
    // A character has at most 4 bytes: no need to decode more than can be kept.
    const cutEnd = Math.min(end, start + 4 * stringCharactersMax + 4)
    const id = this.idOf(this.#decoder.decode(bytes.subarray(start, cutEnd)))
    const worthKeeping = id !== this.#overflowId && end - start <= stringCharactersMax
    if (known === ByteDictionary.missing && worthKeeping && this.#byBytes.size < stringsMax)
      this.#byBytes.add(bytes, start, end, id)
    return id
  }

  /** What `rollBack` needs to forget everything that came after. */
  mark(): DictionaryMark {
    return {
      strings: this.strings.length,
      byBytes: this.#byBytes.size,
      characters: this.#characters,
      refused: this.refused,
      overflowId: this.#overflowId,
    }
  }

  rollBack(mark: DictionaryMark): void {
    this.#byBytes.truncate(mark.byBytes)
    for (let id = mark.strings; id < this.strings.length; id++) this.#ids.delete(this.strings[id] ?? '')
    this.strings.length = mark.strings
    this.#characters = mark.characters
    this.refused = mark.refused
    this.#overflowId = mark.overflowId
  }

  #add(text: string): number {
    const { stringsMax, charactersMax, stringCharactersMax } = this.#limits
    if (text.length > stringCharactersMax) {
      this.refused += 1
      return this.idOf(`${text.slice(0, stringCharactersMax - 1)}…`)
    }
    if (this.strings.length >= stringsMax || this.#characters + text.length > charactersMax) {
      this.refused += 1
      if (this.#overflowId === 0) this.#overflowId = this.#push(OVERFLOW_TEXT)
      return this.#overflowId
    }
    return this.#push(text)
  }

  #push(text: string): number {
    const id = this.#ids.get(text) ?? this.strings.push(text) - 1
    this.#ids.set(text, id)
    this.#characters += text.length
    return id
  }
}

export type DictionaryMark = {
  readonly strings: number
  readonly byBytes: number
  readonly characters: number
  readonly refused: number
  readonly overflowId: number
}
