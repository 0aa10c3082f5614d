import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { ROOT } from './fixture.ts'

const schema: unknown = JSON.parse(
  readFileSync(join(ROOT, 'packages/aftershock/schema/result.schema.json'), 'utf8'),
)
const open = compiled(schema)
const closed = compiled(close(schema))

/**
 * What the JSON Schema of result.json objects to, a line each. Readers must accept fields that they do not
 * know; we must describe each field that we write, so fields the schema does not name are told too.
 */
export function schemaProblems(result: unknown): readonly string[] {
  return [open, closed].flatMap((validate) =>
    validate(result)
      ? []
      : (validate.errors ?? [])
          .slice(0, 10)
          .map((one) => `${one.instancePath} ${one.message} ${JSON.stringify(one.params)}`),
  )
}

function compiled(one: unknown): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  addFormats.default(ajv)
  return ajv.compile(one as object)
}

function close(one: unknown): unknown {
  if (Array.isArray(one)) return one.map(close)
  if (typeof one !== 'object' || one === null) return one
  const entries = Object.entries(one).map(([key, value]) => [key, close(value)])
  const isObject = 'properties' in one && 'type' in one && !('additionalProperties' in one)
  return Object.fromEntries([...entries, ...(isObject ? [['additionalProperties', false]] : [])])
}
