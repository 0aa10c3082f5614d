import type { Mechanism } from '../model/result.ts'
import { timesOf } from './breakers.ts'
import { groupedNumber, plural } from './occurrences.ts'
import { formatMs } from './timeouts.ts'

/** A mechanism as a step: `order gave up after 400 ms`, with its numbers beside it. */
export function mechanismText(m: Mechanism): { text: string; detail: string; unit: string } {
  const n = groupedNumber(m.count)
  switch (m.kind) {
    case 'timeout':
      return {
        text: `${m.caller} gave up after ${formatMs(m.timeoutMs ?? 0)}`,
        detail: `${plural(m.count, 'timeout')} on ${m.callee}`,
        unit: 'timeouts',
      }
    case 'retry':
      return {
        text: `${m.caller} tried again, up to ${plural(m.maxAttempts ?? 2, 'time')}`,
        detail: `load on ${m.callee} ×${m.loadX ?? 1}, rescued ${groupedNumber(m.rescued ?? 0)} of ${n}`,
        unit: 'retried calls',
      }
    case 'circuit-breaker':
      return {
        text: `${m.caller}'s breaker opened ${timesOf(m.openings?.length ?? 1)}`,
        detail: `rejected ${plural(m.count, 'call')} to ${m.callee}${m.grade === 'inferred' ? '; inferred: fast errors, no child span' : ''}`,
        unit: 'rejected calls',
      }
    case 'fallback':
      return {
        text: `${m.caller} went on without ${m.callee}`,
        detail: `${plural(m.count, 'call')} absorbed`,
        unit: 'calls',
      }
    case 'load-shed':
      return {
        text: `${m.callee} was full and refused requests`,
        detail: `${n} refused at once`,
        unit: 'requests',
      }
    case 'queueing':
      return { text: `requests waited for room at ${m.callee}`, detail: `${n} waited`, unit: 'requests' }
    case 'hedge':
      return {
        text: `${m.caller} sent a second call beside the first`,
        detail: `${n} hedged calls to ${m.callee}`,
        unit: 'calls',
      }
    case 'duplicate-work':
      return {
        text: `${m.callee} finished work nobody waited for`,
        detail: `${plural(m.count, 'request')} after ${m.caller} had left, ${groupedNumber(m.sideEffects ?? 0)} with writes`,
        unit: 'requests',
      }
  }
}
