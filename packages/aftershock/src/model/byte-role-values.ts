import { ATTRIBUTE_ROLE_NAMES } from './conventions.ts'
import { RANKED_ROLES, type RoleIndex, type RoleValues } from './span-roles.ts'
import type { StringDictionary } from './string-dictionary.ts'

const ROLES = ATTRIBUTE_ROLE_NAMES.length
const [SLASH, COLON, QUERY, FRAGMENT, AT] = [0x2f, 0x3a, 0x3f, 0x23, 0x40]
/** Names with a role are shorter. */
const LENGTHS = 64
const encoder = new TextEncoder()

type RankedName = {
  readonly bytes: Uint8Array
  readonly ranked: number
  /** Another name of the same length and last byte; negative when there is none. */
  readonly next: number
}

/** RoleValues over byte ranges of a request: the hot path. No string is created for what is known. */
export class ByteRoleValues implements RoleValues {
  present = 0
  bytes: Uint8Array = new Uint8Array(0)
  #ranks = new Uint16Array(ROLES)
  #starts = new Uint32Array(ROLES)
  /** -1: the value is `#numbers`, not bytes. */
  #ends = new Int32Array(ROLES)
  #numbers = new Float64Array(ROLES)
  #bools = 0
  readonly #names: RankedName[] = []
  /** By length and last byte: which name looks so (its number plus one), 0 when none does. Most are refused here. */
  readonly #likely = new Uint8Array(LENGTHS * 256)
  #scratch = new Uint8Array(1024)
  #dictionary: StringDictionary

  constructor(dictionary: StringDictionary, roles = RANKED_ROLES) {
    this.#dictionary = dictionary
    for (const [name, ranked] of roles) {
      const bytes = encoder.encode(name)
      const looks = bytes.length * 256 + (bytes.at(-1) ?? 0)
      this.#names.push({ bytes, ranked, next: (this.#likely[looks] ?? 0) - 1 })
      this.#likely[looks] = this.#names.length
    }
  }

  clear(bytes: Uint8Array): void {
    this.present = 0
    this.bytes = bytes
  }

  /** The ranked role of an attribute name; negative when it has none, or a better name has spoken. */
  rankedRoleOf(start: number, end: number): number {
    const ranked = this.rankOfName(this.bytes, start, end)
    return ranked >= 0 && this.isWanted(ranked) ? ranked : -1
  }

  /** The ranked role of a name, whatever has spoken; negative when it has none. */
  rankOfName(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length >= LENGTHS || length === 0) return -1
    let at = (this.#likely[length * 256 + (bytes[end - 1] as number)] as number) - 1
    while (at >= 0) {
      const name = this.#names[at] as RankedName
      if (isAt(name.bytes, bytes, start)) return name.ranked
      at = name.next
    }
    return -1
  }

  /** Whether no better name of the role has spoken. */
  isWanted(ranked: number): boolean {
    const role = ranked & 31
    return (this.present & (1 << role)) === 0 || (this.#ranks[role] as number) > ranked
  }

  setBytes(ranked: number, start: number, end: number): void {
    const role = this.#take(ranked)
    this.#starts[role] = start
    this.#ends[role] = end
  }

  setNumber(ranked: number, value: number): void {
    const role = this.#take(ranked)
    this.#ends[role] = -1
    this.#numbers[role] = value
  }

  setBool(ranked: number, value: boolean): void {
    this.setNumber(ranked, value ? 1 : 0)
    this.#bools |= 1 << (ranked & 31)
  }

  idOf(role: RoleIndex): number {
    if ((this.present & (1 << role)) === 0) return 0
    const end = this.#ends[role] ?? 0
    return end === -1
      ? this.#dictionary.idOf(this.#numberText(role))
      : this.#dictionary.idOfBytes(this.bytes, this.#starts[role] ?? 0, end)
  }

  pathIdOf(role: RoleIndex): number {
    if ((this.present & (1 << role)) === 0 || this.#ends[role] === -1) return 0
    const { bytes } = this
    const end = this.#ends[role] ?? 0
    let start = this.#starts[role] ?? 0
    const authority = authorityStart(bytes, start, end)
    if (authority !== -1) {
      const slash = bytes.indexOf(SLASH, authority)
      start = slash === -1 || slash > end ? end : slash
    }
    let stop = start
    while (stop < end && bytes[stop] !== QUERY && bytes[stop] !== FRAGMENT) stop++
    return this.#dictionary.idOfBytes(bytes, start, stop)
  }

  hostIdOf(role: RoleIndex): number {
    if ((this.present & (1 << role)) === 0 || this.#ends[role] === -1) return 0
    const { bytes } = this
    const end = this.#ends[role] ?? 0
    let start = authorityStart(bytes, this.#starts[role] ?? 0, end)
    if (start === -1) return 0
    let stop = start
    for (; stop < end; stop++) {
      const byte = bytes[stop]
      if (byte === SLASH || byte === QUERY || byte === FRAGMENT) break
      if (byte === AT) start = stop + 1
    }
    return this.#dictionary.idOfBytes(bytes, start, stop)
  }

  lastPartIdOf(role: RoleIndex): number {
    if ((this.present & (1 << role)) === 0 || this.#ends[role] === -1) return this.idOf(role)
    const end = this.#ends[role] ?? 0
    let start = end
    const first = this.#starts[role] ?? 0
    while (start > first && this.bytes[start - 1] !== SLASH) start--
    return this.#dictionary.idOfBytes(this.bytes, start, end)
  }

  joinedIdOf(left: RoleIndex, separator: '/' | ':', right: RoleIndex): number {
    const leftEnd = this.#copyToScratch(left, 0)
    if (leftEnd === 0 && separator === ':') return 0
    const middle = leftEnd === 0 ? 0 : leftEnd + 1
    const rightEnd = this.#copyToScratch(right, middle)
    if (rightEnd === middle) return this.#dictionary.idOfBytes(this.#scratch, 0, leftEnd)
    if (leftEnd > 0) this.#scratch[leftEnd] = separator === '/' ? SLASH : COLON
    return this.#dictionary.idOfBytes(this.#scratch, 0, rightEnd)
  }

  numberOf(role: RoleIndex): number {
    if ((this.present & (1 << role)) === 0) return Number.NaN
    if (this.#ends[role] === -1)
      return (this.#bools & (1 << role)) === 0 ? (this.#numbers[role] ?? 0) : Number.NaN
    const start = this.#starts[role] ?? 0
    const end = this.#ends[role] ?? 0
    let value = 0
    for (let i = start; i < end; i++) {
      const digit = (this.bytes[i] ?? 0) - 0x30
      if (digit < 0 || digit > 9) return Number.NaN
      value = value * 10 + digit
    }
    return start === end ? Number.NaN : value
  }

  isTrue(role: RoleIndex): boolean {
    if ((this.present & (1 << role)) === 0) return false
    if (this.#ends[role] === -1) return (this.#bools & (1 << role)) === 0 || this.#numbers[role] !== 0
    return this.#dictionary.strings[this.idOf(role)] !== 'false'
  }

  #take(ranked: number): RoleIndex {
    const role = ranked & 31
    this.present |= 1 << role
    this.#ranks[role] = ranked
    this.#bools &= ~(1 << role)
    return role
  }

  #numberText(role: RoleIndex): string {
    const value = this.#numbers[role] ?? 0
    return (this.#bools & (1 << role)) === 0 ? String(value) : String(value !== 0)
  }

  /** Writes the role's text from `at`. @returns where it ends; `at` when absent or empty */
  #copyToScratch(role: RoleIndex, at: number): number {
    if ((this.present & (1 << role)) === 0) return at
    const end = this.#ends[role] ?? 0
    const start = this.#starts[role] ?? 0
    // 32: the longest number; one byte more for the separator.
    const needed = at + 1 + (end === -1 ? 32 : end - start)
    if (needed > this.#scratch.length) {
      const wider = new Uint8Array(needed * 2)
      wider.set(this.#scratch)
      this.#scratch = wider
    }
    if (end === -1) return this.#numberToScratch(role, at)
    const scratch = this.#scratch
    for (let i = start; i < end; i++) scratch[at + i - start] = this.bytes[i] as number
    return at + end - start
  }

  /** Ports are written digit by digit: a text in between takes ten times as long. */
  #numberToScratch(role: RoleIndex, at: number): number {
    const value = this.#numbers[role] as number
    const isPort = (this.#bools & (1 << role)) === 0 && Number.isInteger(value) && value > 0 && value < 65_536
    if (!isPort) return at + encoder.encodeInto(this.#numberText(role), this.#scratch.subarray(at)).written
    const end = at + (value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : 5)
    let rest = value
    for (let i = end - 1; i >= at; i--) {
      const tens = (rest / 10) | 0
      this.#scratch[i] = 0x30 + rest - tens * 10
      rest = tens
    }
    return end
  }
}

/** Where what follows the first `://` begins; -1 where there is none. */
function authorityStart(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i + 2 < end; i++) {
    if (bytes[i] === COLON && bytes[i + 1] === SLASH && bytes[i + 2] === SLASH) return i + 3
  }
  return -1
}

/** From the end: names begin alike. */
function isAt(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = name.length - 1; i >= 0; i--) if (name[i] !== bytes[start + i]) return false
  return true
}
