import type { ExperimentFacts } from '../model/window.ts'
import { type Facts, nameOf } from './facts.ts'
import { Fail } from './failure.ts'
import { groupedNumber } from './occurrences.ts'
import type { Injection } from './proof.ts'
import { formatMs } from './timeouts.ts'

/** What the fault did at its target, as seen: `payment answered 500 ms late`. */
export function injectText(facts: Facts, injection: Injection): string {
  const who = [...facts.targets].map((t) => nameOf(facts, t)).join(' and ')
  const late = injection.deltaMs === null ? '' : formatMs(Math.abs(injection.deltaMs))
  if (injection.side === 'calls' && injection.as === Fail.ok) return `${who}'s own calls took ${late} longer`
  if (injection.as === Fail.ok) return `${who} answered ${late} late`
  if (injection.side === 'calls') {
    return `${who}'s own calls ${injection.as === Fail.timeout ? 'were not answered in time' : 'failed'}`
  }
  if (injection.as === Fail.network || injection.as === Fail.dns) return `${who} could not be reached`
  if (injection.as === Fail.error) return `${who} answered with errors`
  if (injection.as === Fail.shed) return `${who} refused requests`
  return late === '' || injection.as === Fail.timeout
    ? `${who} did not answer in time`
    : `${who} answered ${late} late`
}

export function injectDetail(injection: Injection): string {
  return `${groupedNumber(injection.seen)} of ${groupedNumber(injection.eligible)} calls`
}

/** The fault by its name for people, from what was asked for: `payment +500 ms`. */
export function faultLabel(experiment: ExperimentFacts): string {
  const who = experiment.targets.map((t) => t.service).join(', ') || experiment.name
  const p = experiment.parameters
  const number = (key: string): number | undefined =>
    typeof p[key] === 'number' ? (p[key] as number) : undefined
  const latencyMs = number('latencyMs') ?? number('delayMs')
  const action = experiment.action ?? experiment.kind
  if (latencyMs !== undefined && latencyMs > 0) return `${who} +${formatMs(latencyMs)}`
  const loss = number('lossPercent')
  if (loss !== undefined) return `${who} losing ${loss} % of packets`
  if (action === 'partition') return `${who} cut off`
  if (action === 'pod-kill' || action === 'pod-failure' || action === 'container-kill') return `${who} killed`
  if (number('statusCode') !== undefined) return `${who} answering ${number('statusCode')}`
  if (experiment.kind === 'StressChaos') return `${who} under ${experiment.action ?? 'cpu'} stress`
  return `${who} ${action}`
}
