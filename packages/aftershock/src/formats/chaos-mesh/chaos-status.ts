import { integer, listOf, mapOf, moment, oneOf, record, type Schema, text } from './schema.ts'

const condition = record({ reason: text, 'status*': text, 'type*': text })
const event = record({ message: text, 'operation*': text, 'timestamp*': moment, 'type*': text })
const containerRecord = record({
  events: listOf(event),
  'id*': text,
  'injectedCount*': integer,
  'phase*': text,
  'recoveredCount*': integer,
  'selectorKey*': text,
})
const common = {
  conditions: listOf(condition),
  'experiment*': record({
    containerRecords: listOf(containerRecord),
    desiredPhase: oneOf('Run', 'Stop'),
  }),
}
const stressed = record({ memoryStartTime: moment, memoryUid: text, startTime: moment, uid: text })
const generations = { instances: mapOf(integer) }
const own: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  BlockChaos: { ids: mapOf(integer) },
  GCPChaos: { attachedDiskStrings: listOf(text) },
  HTTPChaos: generations,
  IOChaos: generations,
  NetworkChaos: generations,
  StressChaos: { instances: mapOf(stressed) },
}
const reference = record({
  apiVersion: text,
  fieldPath: text,
  kind: text,
  name: text,
  namespace: text,
  resourceVersion: text,
  uid: text,
})

/** Dropped by the server, but the webhook has to be able to read them. */
const unstored: Readonly<Record<string, Schema>> = {
  StatusCheck: record({
    completionTime: moment,
    conditions: listOf(
      record({ lastProbeTime: moment, lastTransitionTime: moment, reason: text, status: text, type: text }),
    ),
    count: integer,
    records: listOf(record({ outcome: text, startTime: moment })),
    startTime: moment,
  }),
  Workflow: record({
    conditions: listOf(record({ reason: text, startTime: moment, status: text, type: text })),
    endTime: moment,
    entryNode: text,
    startTime: moment,
  }),
}

/** `status` in a manifest: an API server checks it as it does the spec where the kind has no status subresource. */
export function statusOf(kind: string): Schema | undefined {
  if (kind === 'Schedule') {
    return record({
      active: listOf(reference),
      time: { type: 'string', format: 'date-time', nullable: true },
    })
  }
  if (Object.hasOwn(unstored, kind)) return unstored[kind]
  return /Chaos$/.test(kind) && !/^Pod(Network|IO|Http)Chaos$/.test(kind)
    ? record({ ...common, ...own[kind] })
    : undefined
}
