import { parseGoDuration } from '../../formats/go-duration.ts'
import { parseRfc3339 } from '../../formats/rfc3339.ts'
import { itemsAt, numberAt, objectAt, textAt, valueAt } from './json-at.ts'

/** What a window needs of a chaos object (kinds of chaos-mesh.org/v1alpha1 that inject something). */
export type ChaosObject = {
  readonly uid: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly action: string | undefined
  readonly mode: string | undefined
  readonly direction: 'to' | 'from' | 'both'
  readonly generation: number
  /** By the API server's clock, whole seconds. */
  readonly createdNs: bigint
  readonly deletionNs: bigint | undefined
  /** Counts from `createdNs`, not from the injection. */
  readonly durationNs: bigint | undefined
  readonly desiredPhase: 'Run' | 'Stop' | undefined
  readonly paused: boolean
  readonly conditions: Readonly<Record<string, boolean>>
  /** Undefined: targets are not selected yet. */
  readonly records: readonly ChaosRecord[] | undefined
  readonly labels: Readonly<Record<string, string>>
  /** Of a fault's parameters those that are plain values, dotted: `delay.latency`. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>
}

export type ChaosRecord = {
  /** `ns/pod`, `ns/pod/container`, a machine, or JSON of a cloud's selector. */
  readonly id: string
  /** `.` = sources, `.Target` = peers by NetworkChaos's `target`. */
  readonly selectorKey: string
  readonly phase: RecordPhase
  readonly injectedCount: number | undefined
  readonly recoveredCount: number | undefined
  /** Since Chaos Mesh 2.3, at most the last 100. */
  readonly events: readonly RecordEvent[]
}

export type RecordPhase = 'Not Injected' | 'Not Injected/Wait' | 'Injected' | 'Injected/Wait'

export type RecordEvent = {
  readonly operation: 'Apply' | 'Recover'
  readonly succeeded: boolean
  /** Whole seconds: it happened within [atNs, atNs + 1 s). */
  readonly atNs: bigint
  readonly message: string
}

const PAUSE = 'experiment.chaos-mesh.org/pause'
/** Of a spec, what is no parameter of the fault. */
const NOT_PARAMETERS = [
  'selector',
  'target',
  'mode',
  'value',
  'action',
  'duration',
  'direction',
  'remoteCluster',
]

/** @returns undefined for an object without uid or kind, which no server gives */
export function readChaosObject(json: unknown): ChaosObject | undefined {
  const uid = textAt(json, 'metadata', 'uid')
  const kind = textAt(json, 'kind')
  if (uid === '' || kind === '') return undefined
  const duration = parseGoDuration(textAt(json, 'spec', 'duration'))
  const records = valueAt(json, 'status', 'experiment', 'containerRecords')
  const desired = textAt(json, 'status', 'experiment', 'desiredPhase')
  return {
    uid,
    kind,
    namespace: textAt(json, 'metadata', 'namespace'),
    name: textAt(json, 'metadata', 'name'),
    action: textAt(json, 'spec', 'action') || undefined,
    mode: textAt(json, 'spec', 'mode') || undefined,
    direction: directionOf(textAt(json, 'spec', 'direction')),
    generation: numberAt(json, 'metadata', 'generation') ?? 0,
    createdNs: parseRfc3339(textAt(json, 'metadata', 'creationTimestamp')) ?? 0n,
    deletionNs: parseRfc3339(textAt(json, 'metadata', 'deletionTimestamp')),
    durationNs: duration.ok ? duration.ns : undefined,
    desiredPhase: desired === 'Run' || desired === 'Stop' ? desired : undefined,
    paused: textsAt(json, 'metadata', 'annotations')[PAUSE] === 'true',
    conditions: conditionsOf(json),
    records: Array.isArray(records) ? records.flatMap(recordOf) : undefined,
    labels: textsAt(json, 'metadata', 'labels'),
    parameters: parametersOf(objectAt(json, 'spec')),
  }
}

function directionOf(text: string): ChaosObject['direction'] {
  return text === 'from' || text === 'both' ? text : 'to'
}

function conditionsOf(json: unknown): Readonly<Record<string, boolean>> {
  const pairs = itemsAt(json, 'status', 'conditions').map(
    (one) => [textAt(one, 'type'), textAt(one, 'status') === 'True'] as const,
  )
  return Object.fromEntries(pairs)
}

function recordOf(json: unknown): readonly ChaosRecord[] {
  const id = textAt(json, 'id')
  const phase = textAt(json, 'phase')
  if (id === '') return []
  return [
    {
      id,
      selectorKey: textAt(json, 'selectorKey') || '.',
      phase: isPhase(phase) ? phase : 'Not Injected',
      injectedCount: numberAt(json, 'injectedCount'),
      recoveredCount: numberAt(json, 'recoveredCount'),
      events: itemsAt(json, 'events').flatMap(recordEventOf),
    },
  ]
}

function isPhase(text: string): text is RecordPhase {
  return ['Not Injected', 'Not Injected/Wait', 'Injected', 'Injected/Wait'].includes(text)
}

function recordEventOf(json: unknown): readonly RecordEvent[] {
  const operation = textAt(json, 'operation')
  const atNs = parseRfc3339(textAt(json, 'timestamp'))
  if (atNs === undefined || (operation !== 'Apply' && operation !== 'Recover')) return []
  return [
    {
      operation,
      succeeded: textAt(json, 'type') === 'Succeeded',
      // Should a version write fractions, the second it lies in still holds it.
      atNs: atNs - (atNs % 1_000_000_000n),
      message: textAt(json, 'message'),
    },
  ]
}

function textsAt(json: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const pairs = Object.entries(objectAt(json, ...path)).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(pairs) as Readonly<Record<string, string>>
}

function parametersOf(spec: Readonly<Record<string, unknown>>): ChaosObject['parameters'] {
  const found: Record<string, string | number | boolean> = {}
  const gather = (value: unknown, path: readonly string[]): void => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      found[path.join('.')] = value
    else if (Array.isArray(value)) found[path.join('.')] = JSON.stringify(value)
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) gather(inner, [...path, name])
  }
  for (const [name, value] of Object.entries(spec)) if (!NOT_PARAMETERS.includes(name)) gather(value, [name])
  return found
}
