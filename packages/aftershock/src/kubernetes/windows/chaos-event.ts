import { parseRfc3339 } from '../../formats/rfc3339.ts'
import { numberAt, textAt, valueAt } from './json-at.ts'

/** A Kubernetes Event about a chaos object or a Pod*Chaos. */
export type ChaosEvent = {
  readonly name: string
  /** The object it is about; `uid` ties it to one incarnation. */
  readonly uid: string
  readonly kind: string
  readonly namespace: string
  readonly objectName: string
  readonly reason: string
  readonly type: 'Normal' | 'Warning'
  readonly message: string
  /** Which controller said it: `records`, `desiredphase`, `podnetworkchaos` … */
  readonly component: string
  /** Only `Applied` and `Recovered` name their record. */
  readonly recordId: string | undefined
  /** By the controller's clock. */
  readonly atNs: bigint
  /** Nanoseconds from the event's name; false: only the second is known, and `atNs` is its begin. */
  readonly exact: boolean
}

/**
 * When an event was emitted: Chaos Mesh's recorder ends an event's name with the hexadecimal nanoseconds of
 * its clock. `firstTimestamp` has whole seconds only.
 *
 * @param objectName - what the name must begin with, so that a name of other making is not misread
 */
export function nameTimeNs(eventName: string, objectName: string): bigint | undefined {
  const suffix = eventName.startsWith(`${objectName}.`) ? eventName.slice(objectName.length + 1) : ''
  // 16 digits hold every moment between 2001 and 2262.
  return /^[0-9a-f]{15,16}$/.test(suffix) ? BigInt(`0x${suffix}`) : undefined
}

/** @returns undefined for what is no event with a time */
export function readChaosEvent(json: unknown): ChaosEvent | undefined {
  const name = textAt(json, 'metadata', 'name')
  const objectName = textAt(json, 'involvedObject', 'name')
  const exactNs = nameTimeNs(name, objectName)
  const stamps = [
    textAt(json, 'firstTimestamp'),
    textAt(json, 'eventTime'),
    textAt(json, 'metadata', 'creationTimestamp'),
  ]
  const secondNs = stamps.map(parseRfc3339).find((ns) => ns !== undefined)
  // client-go's own recorder also writes nanoseconds, but of the first of many like it.
  const isCounted = (numberAt(json, 'count') ?? 1) > 1
  const isExact = exactNs !== undefined && !isCounted && agrees(exactNs, secondNs)
  const atNs = isExact ? exactNs : secondNs
  if (name === '' || atNs === undefined) return undefined
  const id = valueAt(json, 'metadata', 'annotations', 'chaos-mesh.org/id')
  return {
    name,
    uid: textAt(json, 'involvedObject', 'uid'),
    kind: textAt(json, 'involvedObject', 'kind'),
    namespace: textAt(json, 'involvedObject', 'namespace') || textAt(json, 'metadata', 'namespace'),
    objectName,
    reason: textAt(json, 'reason'),
    type: textAt(json, 'type') === 'Warning' ? 'Warning' : 'Normal',
    message: textAt(json, 'message'),
    component: textAt(json, 'source', 'component') || textAt(json, 'reportingComponent'),
    recordId: typeof id === 'string' && id !== '' ? id : undefined,
    atNs: isExact ? atNs : atNs - (atNs % 1_000_000_000n),
    exact: isExact,
  }
}

/** Name and timestamp are of one clock, taken one after the other. */
function agrees(exactNs: bigint, secondNs: bigint | undefined): boolean {
  if (secondNs === undefined) return true
  const apartNs = exactNs - secondNs
  return apartNs > -5_000_000_000n && apartNs < 5_000_000_000n
}
