import type { AddedAttributes, AttributeAdder, Moment } from '../formats/otlp-protobuf-to-json.ts'
import { resourceOf } from '../model/resource.ts'
import type { Resource } from '../model/span-table.ts'
import { chaosAttributes, keyValueOf } from './chaos-attributes.ts'
import type { Tagger, TagWindow } from './tag.ts'

const DURATION = 'request.duration_ms'
const WORD = 4294967296

type Constant = Omit<AddedAttributes, 'json'> & { readonly text: string }

/** The `chaos.*` attributes of spans that are copied from message to text. Keep it for spans with the same windows. */
export function chaosAdder(tagger: Tagger): AttributeAdder {
  const epoch = { low: Number(tagger.epochNs & 0xffffffffn), high: Number(tagger.epochNs >> 32n) }
  // Halves are subtracted first, so that nanoseconds stay exact.
  const since = ({ low, high }: Moment): number => (high - epoch.high) * WORD + (low - epoch.low)
  const resources = new Map<object, Resource>()
  const constants = new Map<TagWindow, Map<number, Constant>>()
  const encoder = new TextEncoder()
  return (attributes, start, end) => {
    let resource = resources.get(attributes)
    if (resource === undefined) {
      resource = resourceOf(attributes)
      resources.set(attributes, resource)
    }
    const startNs = since(start)
    const endNs = since(end)
    const { marks, window } = tagger.tagAt(startNs, endNs, resource)
    if (window === undefined) return undefined
    const ofWindow = constants.get(window) ?? new Map<number, Constant>()
    const constant = ofWindow.get(marks) ?? constantOf(marks, window)
    constants.set(window, ofWindow.set(marks, constant))
    const durationMs = Math.round((endNs - startNs) / 1e3) / 1e3
    return {
      ...constant,
      json: encoder.encode(`${constant.text},${JSON.stringify(keyValueOf([DURATION, durationMs]))}`),
    }
  }
}

/** All but the duration, which differs from span to span. */
function constantOf(marks: number, window: TagWindow): Constant {
  const chaos = Object.entries(chaosAttributes(marks, window, 0))
  const names = new Set(chaos.map(([name]) => name))
  return {
    names,
    firstLetters: new Set([...names].map((name) => name.charCodeAt(0))),
    text: chaos.flatMap((pair) => (pair[0] === DURATION ? [] : [JSON.stringify(keyValueOf(pair))])).join(','),
  }
}
