import { differenceText, durationText, formatMs, percentText } from '../../model/numbers.ts'
import type { ExperimentFacts } from '../../model/window.ts'
import { Fail, OWN_POOL, SLOW_CALLEE } from '../calls/failure.ts'
import { type Facts, nameOf } from '../findings/facts.ts'
import type { Injection } from './proof.ts'

/** A delay as seen is told by the figure that was asked for when it is this near to it. */
const NEAR_SHARE = 0.35

/**
 * What the fault did at its target, as seen: `payment answered 500 ms late`. Where its callers all gave up
 * before an answer came, how late it would have been is known from what was asked for alone.
 */
export function injectText(facts: Facts, injection: Injection): string {
  const who = [...facts.targets].map((t) => nameOf(facts, t)).join(' and ')
  const asked = askedDelayMs(facts.experiments)
  if (asked !== undefined && injection.side === 'answers') {
    const answered = injection.seen - injection.failed
    const isNear = injection.deltaMs !== null && Math.abs(injection.deltaMs - asked) <= NEAR_SHARE * asked
    if (injection.as === Fail.ok && isNear) return `${who} answered ${formatMs(asked)} late`
    if ([Fail.timeout, SLOW_CALLEE, OWN_POOL].includes(injection.as)) {
      return answered === 0 || !isNear || answered < injection.seen / 2
        ? `${who} did not answer in time (+${formatMs(asked)}${isOnBothSides(facts.experiments) ? ' on its answers and its own calls' : ''})`
        : `${who} answered ${formatMs(asked)} late`
    }
  }
  const late = injection.deltaMs === null ? '' : durationText(Math.abs(injection.deltaMs))
  if (injection.side === 'lost-messages') return `${who} did not take messages up`
  if (injection.side === 'messages') return `${who} took messages up ${late === '' ? '' : `${late} `}late`
  if (injection.side === 'calls' && injection.as === Fail.ok) return `${who}'s own calls took ${late} longer`
  if (injection.as === Fail.ok) return `${who} answered ${late} late`
  if (injection.side === 'calls') {
    return `${who}'s own calls ${injection.as === Fail.timeout ? 'were not answered in time' : 'failed'}`
  }
  if (injection.as === Fail.network || injection.as === Fail.dns)
    return facts.experiments.some((e) => e.action === 'abort')
      ? `${who} hung up on its callers`
      : `${who} could not be reached`
  // What its own breakers keep from it, its callers get as an error.
  if (injection.as === Fail.error || injection.as === Fail.rejected) return `${who} answered with errors`
  if (injection.as === Fail.shed) return `${who} refused requests`
  return late === '' || injection.as === Fail.timeout
    ? `${who} did not answer in time`
    : `${who} answered ${late} late`
}

/** How calls that met the fault differed from the baseline. */
export function injectDetail({ seen, failed, deltaMs }: Injection): string {
  return [
    ...(deltaMs === null ? [] : [`median ${differenceText(deltaMs)}`]),
    ...(failed === 0
      ? []
      : [failed === seen ? 'all of these failed' : `${percentText(failed / seen)} failed`]),
  ].join(', ')
}

/** The delay of the only experiment, ms; undefined where there are several or none. */
function askedDelayMs(experiments: readonly ExperimentFacts[]): number | undefined {
  const { latencyMs, delayMs } = experiments.length === 1 ? experiments[0].parameters : {}
  const asked = latencyMs ?? delayMs
  return typeof asked === 'number' && asked > 0 ? asked : undefined
}

/** netem delays all that leaves a container: its answers, and what it asks of others. */
function isOnBothSides(experiments: readonly ExperimentFacts[]): boolean {
  return experiments.every((e) => e.kind === 'NetworkChaos' && e.parameters.direction !== 'from')
}
