import { formatMs, percentText, timesText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { timesOf } from '../findings/breakers.ts'
import { groupedNumber, plural } from '../findings/occurrences.ts'
import { OWN_POOL_RULE } from '../findings/timeouts.ts'
import { MESSAGES_RULE } from '../findings/waiting-messages.ts'

/** A mechanism as a step: what happened, and what its count (`n of m unit`, told beside it) does not say. */
export function mechanismText(m: Mechanism): { text: string; detail: string; unit: string } {
  const n = groupedNumber(m.count)
  switch (m.kind) {
    case 'timeout':
      return {
        text: `${m.caller} gave up${m.timeoutMs === undefined ? '' : ` after ${formatMs(m.timeoutMs)}`}`,
        detail: limitText(m),
        unit: `calls to ${m.callee}`,
      }
    case 'retry':
      return {
        text: `${m.caller} tried again, up to ${plural(m.maxAttempts ?? 2, 'attempt')}`,
        detail: `load on ${m.callee} ${timesText(m.loadX ?? 1)}, rescued ${groupedNumber(m.rescued ?? 0)} of ${n}`,
        unit: 'calls',
      }
    case 'circuit-breaker':
      return {
        text: `${m.caller}'s breaker opened ${timesOf(m.openings?.length ?? 1)}`,
        detail: `rejected calls to ${m.callee}${m.grade === 'inferred' ? '; inferred: fast errors, no child span' : ''}`,
        unit: 'calls',
      }
    case 'fallback':
      return { text: `${m.caller} went on without ${m.callee}`, detail: '', unit: 'calls' }
    case 'load-shed':
      return { text: `${m.callee} was full and refused requests`, detail: 'at once', unit: 'requests' }
    case 'queueing':
      return {
        text: `${m.rule.id === MESSAGES_RULE ? 'messages waited for' : 'requests waited for room at'} ${m.callee}`,
        detail: waitText(m),
        unit: m.rule.id === MESSAGES_RULE ? 'messages' : 'calls',
      }
    case 'hedge':
      return {
        text: `${m.caller} sent a second call beside the first`,
        detail: m.facts[0] === undefined ? '' : `the second won ${m.facts[0].value}`,
        unit: `calls to ${m.callee}`,
      }
    case 'duplicate-work':
      return {
        text: `${m.callee} finished work nobody waited for`,
        detail: `after ${m.caller} had left${writesText(m)}`,
        unit: 'calls',
      }
  }
}

function waitText({ facts: [middle, p95] }: Mechanism): string {
  return middle === undefined || p95 === undefined
    ? ''
    : `${middle.value} in the middle, ${p95.value} at the 95th percentile`
}

/** What they waited for, if not for an answer; other limits only where callers waited differently long. */
function limitText(m: Mechanism): string {
  const others = (m.limits ?? []).slice(1, 4).map((limit) => formatMs(limit.timeoutMs))
  return [
    ...(m.rule.id === OWN_POOL_RULE ? ['waiting for a connection of its own'] : []),
    ...(others.length === 0 ? [] : [`others after ${others.join(', ')}`]),
  ].join('; ')
}

function writesText(m: Mechanism): string {
  const wrote = m.sideEffects ?? 0
  if (wrote === 0) return ''
  return wrote === m.count ? '; all of it wrote' : `; ${percentText(wrote / m.count)} of it wrote`
}
