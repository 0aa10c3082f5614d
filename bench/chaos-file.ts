import { closeSync, openSync, writeSync } from 'node:fs'
import { encodeOtlpJson } from '../packages/aftershock/src/formats/otlp-json-encode.ts'
import type { Random } from '../packages/aftershock/src/model/random.ts'
import type { SpanInput } from '../packages/aftershock/src/model/span-input.ts'
import { chaosRequests } from './chaos-requests.ts'

/** Of each pod, as its SDK's batch processor sends them. */
const SPANS_A_LINE = 512

/** The spans of `chaosRequests` as OTLP JSON lines: spans of one request are on several lines, as they come from several pods. */
export function writeChaosFile(path: string, spans: number, random: Random): void {
  const file = openSync(path, 'w')
  const batches = new Map<string, SpanInput[]>()
  const write = (pod: string): void => {
    const batch = batches.get(pod) ?? []
    const resource = { 'service.name': pod.slice(0, pod.lastIndexOf('-')), 'k8s.pod.name': pod }
    writeSync(file, `${encodeOtlpJson([{ resource, spans: batch }])}\n`)
    batches.delete(pod)
  }
  for (const request of chaosRequests(spans, random)) {
    for (const { service, pod, span } of request) {
      const name = `${service}-${pod}`
      const batch = batches.get(name)
      if (batch === undefined) batches.set(name, [span])
      else if (batch.push(span) === SPANS_A_LINE) write(name)
    }
  }
  for (const pod of [...batches.keys()]) write(pod)
  closeSync(file)
}
