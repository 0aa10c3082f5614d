import { resourceOf } from '../model/resource.ts'
import type { AttributeValue, Resource } from '../model/span-table.ts'
import { chaosAttributes, keyValueOf } from './chaos-attributes.ts'
import type { Tagger } from './tag.ts'

/** A message of OTLP/JSON, parsed. */
export type OtlpObject = { [field: string]: unknown }

/** `chaos.*` added to the spans of a window. */
export function taggedObjects(request: OtlpObject, tagger: Tagger | undefined): OtlpObject {
  if (tagger === undefined) return request
  for (const group of listOf(request.resourceSpans)) {
    const resource = resourceOf(plainAttributes((group.resource as OtlpObject | undefined)?.attributes))
    for (const scope of listOf(group.scopeSpans)) {
      for (const span of listOf(scope.spans)) addChaos(span, resource, tagger)
    }
  }
  return request
}

function addChaos(span: OtlpObject, resource: Resource, tagger: Tagger): void {
  const startNs = nanosOf(span.startTimeUnixNano)
  const endNs = nanosOf(span.endTimeUnixNano)
  const found = tagger.tagOne(startNs, endNs, resource)
  if (found.window === undefined) return
  const chaos = chaosAttributes(found.marks, found.window, Number(endNs - startNs))
  const own = listOf(span.attributes).filter(({ key }) => !(String(key) in chaos))
  span.attributes = [...own, ...Object.entries(chaos).map(keyValueOf)]
}

function listOf(value: unknown): OtlpObject[] {
  return Array.isArray(value) ? value : []
}

function nanosOf(value: unknown): bigint {
  return typeof value === 'string' && /^\d{1,20}$/.test(value)
    ? BigInt(value)
    : BigInt(Math.round(Number(value) || 0))
}

/** What `resourceOf` reads: texts and numbers. */
function plainAttributes(list: unknown): Record<string, AttributeValue> {
  const found: Record<string, AttributeValue> = {}
  for (const { key, value } of listOf(list)) {
    const any = (value ?? {}) as OtlpObject
    const plain = any.stringValue ?? any.intValue ?? any.doubleValue ?? any.boolValue
    if (typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean')
      found[String(key)] = plain
  }
  return found
}
