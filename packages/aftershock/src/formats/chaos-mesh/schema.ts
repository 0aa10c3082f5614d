/** The part of OpenAPI that the Chaos Mesh CRDs use. `required` names fields of an object. */
export type Schema =
  | {
      readonly type: 'string'
      readonly words?: readonly string[]
      readonly pattern?: RegExp
      readonly format?: 'byte' | 'date-time'
      readonly nullable?: boolean
      readonly byDefault?: string
    }
  | {
      readonly type: 'integer'
      readonly min?: number
      readonly max?: number
      readonly above?: number
      readonly format?: 'int32'
      readonly nullable?: boolean
      readonly byDefault?: number
    }
  | { readonly type: 'boolean' }
  | {
      readonly type: 'array'
      readonly items: Schema
      readonly nullable?: boolean
      /** Fields that no two items may have alike; none named = the items themselves. */
      readonly uniqueBy?: readonly string[]
    }
  /** A port by number or name; with `quantity` an amount such as `100m` or `1Gi`. */
  | { readonly type: 'int-or-text'; readonly quantity: boolean }
  | { readonly type: 'map'; readonly values: Schema }
  | {
      readonly type: 'object'
      readonly fields: Readonly<Record<string, Schema>>
      readonly required: readonly string[]
    }
  /** Kept as it is, whatever it holds. */
  | { readonly type: 'any-object' }

export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const anyObject: Schema = { type: 'any-object' }
export const moment: Schema = { type: 'string', format: 'date-time' }
export const intOrText: Schema = { type: 'int-or-text', quantity: false }
export const quantity: Schema = { type: 'int-or-text', quantity: true }
export const integer: Schema = { type: 'integer' }
export const int32: Schema = { type: 'integer', format: 'int32' }
/** Unsigned fields of Go: the webhook cannot decode a negative number, the CRD has no more bits than a signed one. */
export const uint16: Schema = { type: 'integer', min: 0, max: 0xffff }
export const uint32: Schema = { type: 'integer', min: 0, format: 'int32' }
export const uint64: Schema = { type: 'integer', min: 0 }

export function int(limits: { min?: number; max?: number; byDefault?: number }): Schema {
  return { type: 'integer', ...limits }
}

export function oneOf(...words: readonly string[]): Schema {
  return { type: 'string', words }
}

export function textOr(byDefault: string): Schema {
  return { type: 'string', byDefault }
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

export function setOf(items: Schema): Schema {
  return { type: 'array', items, uniqueBy: [] }
}

export function listByKey(items: Schema, uniqueBy: readonly string[]): Schema {
  return { type: 'array', items, uniqueBy }
}

export function mapOf(values: Schema): Schema {
  return { type: 'map', values }
}

/** An object; a name that ends in `*` is required. */
export function record(fields: Readonly<Record<string, Schema>>): Schema & { readonly type: 'object' } {
  const entries = Object.entries(fields)
  return {
    type: 'object',
    fields: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\*$/, ''), schema])),
    required: entries.filter(([name]) => name.endsWith('*')).map(([name]) => name.slice(0, -1)),
  }
}
