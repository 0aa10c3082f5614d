import { createHash } from 'node:crypto'
import { greatestBigint, leastBigint } from '../../model/extremes.ts'
import type { SpanInput } from '../../model/span-input.ts'
import type { AttributeValue } from '../../model/span-table.ts'
import type { HistoryWindows, PodWindow } from '../windows/pod-windows.ts'
import type { ExperimentEntry } from './experiment-entry.ts'

/**
 * A chaos object as a trace: `experiment`, and below it one `activity` for each injection into a pod, with both
 * bounds of each end. The ids come from the object's uid, so that sending it twice does not make two.
 *
 * @returns nothing while a window is open, or when nothing was injected
 */
export function experimentTrace(
  entry: ExperimentEntry,
  { windows, unknown }: HistoryWindows,
): readonly SpanInput[] {
  const targets = windows.filter((window) => window.role === 'target')
  const ends = targets.map((window) => window.end?.latest?.atNs)
  if (targets.length === 0 || ends.includes(undefined)) return []
  const startNs = leastBigint(targets.map((window) => window.start.earliest.atNs))
  const endNs = greatestBigint(ends.flatMap((end) => end ?? []))
  const traceId = digest(entry.uid, 32)
  // Another round makes another root: a span that was sent cannot be changed.
  const rootId = digest(`${entry.uid} root ${targets.length}`, 16)
  const failure = entry.events.findLast((event) => event.reason === 'Failed')?.message
  const root: SpanInput = {
    traceId,
    spanId: rootId,
    name: 'experiment',
    kind: 1,
    startNs,
    endNs,
    status: failure === undefined ? 0 : 2,
    statusMessage: failure,
    attributes: {
      ...experimentAttributes(entry),
      'chaos.experiment.targets': targets.length,
      ...(unknown.length > 0 && { 'chaos.experiment.unknown': unknown.join('; ') }),
    },
    events: [],
  }
  const name = `activity: ${[entry.kind, entry.object?.action].filter((one) => one !== undefined).join(' ')}`
  return [root, ...targets.map((window) => activity(entry, window, { traceId, parentSpanId: rootId, name }))]
}

function activity(
  entry: ExperimentEntry,
  window: PodWindow,
  of: Pick<SpanInput, 'traceId' | 'parentSpanId' | 'name'>,
): SpanInput {
  const { start, end, place } = window
  return {
    ...of,
    spanId: digest(`${entry.uid} ${window.recordId} ${window.round}`, 16),
    kind: 1,
    startNs: start.earliest.atNs,
    endNs: end?.latest?.atNs ?? start.latest.atNs,
    status: 0,
    attributes: {
      ...experimentAttributes(entry),
      'chaos.fault.target': true,
      'chaos.window.round': window.round,
      'chaos.window.start.by': `${start.earliest.by}..${start.latest.by}`,
      'chaos.window.end.by': `${end?.earliest.by}..${end?.latest?.by}`,
      ...(place.namespace !== undefined && { 'k8s.namespace.name': place.namespace }),
      ...(place.pod !== undefined && { 'k8s.pod.name': place.pod }),
      ...(place.container !== undefined && { 'k8s.container.name': place.container }),
    },
    events: [
      { name: 'certain from', timeNs: start.latest.atNs },
      ...(end === undefined ? [] : [{ name: 'certain until', timeNs: end.earliest.atNs }]),
      ...window.holes.map((hole) => ({
        name: 'hole',
        timeNs: hole.earliestNs,
        attributes: { 'chaos.hole.kind': hole.kind, 'chaos.hole.why': hole.why },
      })),
    ],
  }
}

function experimentAttributes(entry: ExperimentEntry): Readonly<Record<string, AttributeValue>> {
  const { object } = entry
  return {
    'chaos.experiment.id': entry.uid,
    'chaos.experiment.name': `${entry.namespace}/${entry.name}`,
    'chaos.fault.kind': entry.kind,
    ...(object?.action !== undefined && { 'chaos.fault.action': object.action }),
  }
}

function digest(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}
