import type { Columns, Memory } from './span-columns.ts'
import type { DictionaryLimits } from './string-dictionary.ts'

export type BuilderOptions = {
  /** All times of the table count from here; undefined: the day (UTC) of the first span. */
  readonly epochNs?: bigint | undefined
  /** `keep`: attributes and events can be read again through `details`. */
  readonly attributes: 'keep' | 'drop'
  readonly limits?: DictionaryLimits
  /** Attributes that fill semantic columns; default all that have a meaning. */
  readonly roles?: ReadonlyMap<string, number>
  /** How many there will be, when that is known: room is made at once. */
  readonly rows?: number | undefined
  /** `shared`: threads can read the table without a copy. */
  readonly memory?: Memory | undefined
  /** Its columns are written over: memory for another table, when nobody reads the first any more. */
  readonly reuse?: { readonly columns: Columns } | undefined
}
