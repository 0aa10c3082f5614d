/** The part of OpenAPI that the Chaos Mesh CRDs use. `required` names fields of an object. */
export type Schema =
  | {
      readonly type: 'string'
      readonly words?: readonly string[]
      readonly pattern?: RegExp
      readonly format?: 'byte'
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
  | { readonly type: 'array'; readonly items: Schema }
  | { readonly type: 'map'; readonly values: Schema }
  | {
      readonly type: 'object'
      readonly fields: Readonly<Record<string, Schema>>
      readonly required: readonly string[]
    }
  /** Kept as it is: Kubernetes' own types (a Task's container), whose schema is not copied here. */
  | { readonly type: 'any'; readonly required?: readonly string[] }

export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const anything: Schema = { type: 'any' }
export const integer: Schema = { type: 'integer' }
export const int32: Schema = { type: 'integer', format: 'int32' }
/** Unsigned fields of Go: the CRDs call them int32, the webhook cannot decode a negative or a larger number. */
export const uint16: Schema = { type: 'integer', min: 0, max: 0xffff }
export const uint32: Schema = { type: 'integer', min: 0, max: 0xffff_ffff }
export const uint64: Schema = { type: 'integer', min: 0 }

export function int(limits: { min?: number; max?: number; byDefault?: number }): Schema {
  return { type: 'integer', ...limits }
}

export function oneOf(...words: readonly string[]): Schema {
  return { type: 'string', words }
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
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
