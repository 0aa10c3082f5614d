import { ATTRIBUTE_ROLE_NAMES, ATTRIBUTE_ROLES, type AttributeRole } from './conventions.ts'
import type { AttributeValue } from './span-table.ts'
import type { StringDictionary } from './string-dictionary.ts'

/** Index of a role: a bit in `present`, a slot in the values. */
export type RoleIndex = number

/** What the semantic conventions' attributes of one span say, read by `fillMeaning()`. */
export type RoleValues = {
  /** Bit `1 << role` for each role the span has. */
  readonly present: number
  /** String id of the value as text; 0 when absent or empty. */
  idOf(role: RoleIndex): number
  /** String id of the path of a URL or path, without query and fragment. */
  pathIdOf(role: RoleIndex): number
  /** String id of a URL's host and port, without who asks (`user@`); 0 where it has no scheme. */
  hostIdOf(role: RoleIndex): number
  /** String id of what follows the last slash. */
  lastPartIdOf(role: RoleIndex): number
  /** String id of `left`, separator, `right`; of the one that is there when the other is absent (a port alone is nothing). */
  joinedIdOf(left: RoleIndex, separator: '/' | ':', right: RoleIndex): number
  /** A number, or text of decimal digits, as a number; NaN when it is none. */
  numberOf(role: RoleIndex): number
  /** Present and neither `false` nor "false". */
  isTrue(role: RoleIndex): boolean
}

export function roleIndex(role: AttributeRole): RoleIndex {
  return ATTRIBUTE_ROLE_NAMES.indexOf(role)
}

/** For each attribute name with a role: `rank * 32 + role index`; of several names the lower rank counts. */
export const RANKED_ROLES: ReadonlyMap<string, number> = new Map(
  Object.entries(ATTRIBUTE_ROLES).map(([name, role], rank) => [name, rank * 32 + roleIndex(role)]),
)

/** Only what changes a span's status: for whoever keeps spans and does not analyse them. */
export const STATUS_ROLES: ReadonlyMap<string, number> = new Map(
  [...RANKED_ROLES].filter(([, ranked]) => (ranked & 31) === roleIndex('error-flag')),
)

/** RoleValues over ordinary values: the path of objects, JSON, Jaeger and Zipkin. */
export class ObjectRoleValues implements RoleValues {
  present = 0
  #values: AttributeValue[] = ATTRIBUTE_ROLE_NAMES.map(() => '')
  #ranks = ATTRIBUTE_ROLE_NAMES.map(() => 0)
  #dictionary: StringDictionary
  #roles: ReadonlyMap<string, number>

  constructor(dictionary: StringDictionary, roles = RANKED_ROLES) {
    this.#dictionary = dictionary
    this.#roles = roles
  }

  clear(): void {
    this.present = 0
  }

  /** Takes an attribute if its name has a role; lists and maps have none. */
  set(name: string, value: AttributeValue): void {
    const ranked = this.#roles.get(name)
    if (ranked !== undefined) this.#take(ranked, value)
  }

  /** The same, reading the value only when the name has a role: most have none. */
  setLazily<T>(name: string, raw: T, read: (raw: T) => AttributeValue): void {
    const ranked = this.#roles.get(name)
    if (ranked !== undefined) this.#take(ranked, read(raw))
  }

  #take(ranked: number, value: AttributeValue): void {
    if (typeof value === 'object') return
    const role = ranked & 31
    const bit = 1 << role
    if ((this.present & bit) !== 0 && (this.#ranks[role] ?? 0) <= ranked) return
    this.present |= bit
    this.#ranks[role] = ranked
    this.#values[role] = value
  }

  idOf(role: RoleIndex): number {
    return this.#dictionary.idOf(this.#textOf(role))
  }

  pathIdOf(role: RoleIndex): number {
    if ((this.present & (1 << role)) === 0) return 0
    const value = this.#values[role]
    return typeof value === 'string' ? this.#dictionary.idOf(pathOf(value)) : 0
  }

  hostIdOf(role: RoleIndex): number {
    if ((this.present & (1 << role)) === 0) return 0
    const value = this.#values[role]
    return typeof value === 'string' ? this.#dictionary.idOf(hostOf(value)) : 0
  }

  lastPartIdOf(role: RoleIndex): number {
    const text = this.#textOf(role)
    return this.#dictionary.idOf(text.slice(text.lastIndexOf('/') + 1))
  }

  joinedIdOf(left: RoleIndex, separator: '/' | ':', right: RoleIndex): number {
    const [a, b] = [this.#textOf(left), this.#textOf(right)]
    if (a === '' && separator === ':') return 0
    return this.#dictionary.idOf(a === '' ? b : b === '' ? a : a + separator + b)
  }

  numberOf(role: RoleIndex): number {
    if ((this.present & (1 << role)) === 0) return Number.NaN
    const value = this.#values[role]
    if (typeof value === 'number') return value
    return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : Number.NaN
  }

  isTrue(role: RoleIndex): boolean {
    return (this.present & (1 << role)) !== 0 && this.#textOf(role) !== 'false'
  }

  #textOf(role: RoleIndex): string {
    if ((this.present & (1 << role)) === 0) return ''
    const value = this.#values[role] ?? ''
    return typeof value === 'string' ? value : String(value)
  }
}

function hostOf(url: string): string {
  const authority = /:\/\/([^/?#]*)/.exec(url)?.[1] ?? ''
  return authority.slice(authority.lastIndexOf('@') + 1)
}

function pathOf(url: string): string {
  const scheme = url.indexOf('://')
  const slash = scheme === -1 ? 0 : url.indexOf('/', scheme + 3)
  const path = slash === -1 ? '' : url.slice(slash)
  const end = path.search(/[?#]/)
  return end === -1 ? path : path.slice(0, end)
}
