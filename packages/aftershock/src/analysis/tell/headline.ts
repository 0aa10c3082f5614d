import { faultLabel } from '../../model/fault-label.ts'
import { durationText, percentText, usersBackText } from '../../model/numbers.ts'
import type { Recovery, Suspect } from '../../model/result.ts'
import type { Windows } from '../../model/window.ts'
import { chaosEndOf, Phase } from '../assemble/phases.ts'
import { type Facts, nameOf } from '../findings/facts.ts'
import { lostText } from '../findings/lost-messages.ts'
import { groupedNumber } from '../findings/occurrences.ts'
import type { RequestClass } from '../findings/request-classes.ts'
import { Outcome } from '../judge/outcomes.ts'
import { moreOften } from '../numbers/compare.ts'
import { alsoGoneText, type Backlog, goneText, lateText } from './backlog.ts'
import { countOf, type Effect, type Entry, effectOn, failuresIn } from './entries.ts'
import { injectText } from './inject-text.ts'
import type { Injection } from './proof.ts'
import { answerOf, slowTimes } from './user-step.ts'

/** The one sentence (two at most): what the fault became for users, how many, and when they were back. */
export function headlineOf(
  facts: Facts,
  windows: Windows,
  injection: Injection,
  entries: readonly Entry[],
  recovery: Recovery,
  suspects: readonly Suspect[],
  backlog: Backlog | undefined,
): string {
  const fault = faultName(facts, windows, injection)
  if (facts.targets.size === 0) return untracedText(windows, fault, entries)
  if (!injection.tookEffect && !isTargetTold(windows) && suspects.length > 0) {
    return `${suspects[0].service} stands out (blind: no ${windows.experiments.length === 0 ? 'fault' : 'target'} was told): ${suspects[0].why}.`
  }
  if (injection.eligible === 0 && facts.digest.met.during.sent > 0)
    return `${fault}: ${lowerFirst(injection.why)}`
  if (!injection.tookEffect) return `${fault} left no mark in the traces: ${lowerFirst(injection.why)}`
  const worst = entries[0]
  const chaos = worst?.phases[Phase.chaos] ?? []
  const effect = effectOn(chaos)
  const [most] = facts.neverTaken
  const lost = most === undefined ? '' : `; ${lostText(facts, most)}`
  if (effect.hit === 0 && backlog !== undefined)
    return `${fault} made ${lateText(backlog, 'wait')}${lost}; no request failed or became slow.${goneText(backlog)}`
  if (effect.hit === 0 && most !== undefined)
    return `${fault}: ${lostText(facts, most)}; no request failed or became slow.`
  if (effect.hit === 0) {
    const absorbed = countOf(facts.digest.classes, (one) => one.outcome === Outcome.absorbed)
    return `${fault} was absorbed: no request failed or became slow${absorbed === 0 ? '' : `, though ${groupedNumber(absorbed)} met failures below`}.`
  }
  const late = backlog === undefined ? '' : `; ${lateText(backlog, 'waited')}`
  return `${fault} ${effectText(facts, worst, chaos, effect, entries.slice(1))}${late}${lost}.${backText(facts, recovery, backlog)}`
}

/** Without spans of a target or of calls to it there is no way to follow: what users saw meanwhile is told all the same. */
function untracedText(windows: Windows, fault: string, entries: readonly Entry[]): string {
  const named = new Set(windows.experiments.flatMap(({ targets }) => targets.map(({ service }) => service)))
  const what =
    named.size === 0
      ? 'Nothing in the traces stands out against the baseline.'
      : `${fault} cannot be followed: no span tells of ${[...named].join(' or ')}.`
  const [worst] = entries
    .map(({ label, phases }) => ({
      label,
      before: failuresIn(phases, Phase.baseline),
      ...failuresIn(phases, Phase.chaos),
    }))
    .filter(({ before, failed, n }) => moreOften(before.failed, before.n, failed, n) < MEANWHILE_LEVEL)
    .sort((a, b) => b.failed - a.failed)
  if (worst === undefined) return what
  return `${what} ${worst.label} failed for ${groupedNumber(worst.failed)} of ${groupedNumber(worst.n)} requests meanwhile.`
}

/** Failures this much more frequent than in the baseline are worth a word, whatever they come from. */
const MEANWHILE_LEVEL = 0.001

function isTargetTold({ experiments }: Windows): boolean {
  return experiments.some(({ targets }) => targets.length > 0)
}

function faultName(facts: Facts, windows: Windows, injection: Injection): string {
  if (isTargetTold(windows)) return windows.experiments.map(faultLabel).join(' and ')
  const who = [...facts.targets].map((t) => nameOf(facts, t)).join(', ')
  const blind = windows.experiments.length === 0 ? 'no fault was told' : 'no target was told'
  return injection.seen === 0 ? who : `${injectText(facts, injection)} (blind: ${blind}), which`
}

function effectText(
  facts: Facts,
  worst: Entry,
  chaos: readonly RequestClass[],
  effect: Effect,
  others: readonly Entry[],
): string {
  const total = countOf(chaos)
  const failed = chaos.filter((one) => one.isAttributed && one.outcome === Outcome.failed)
  const shareOf = (count: number): string =>
    `${percentText(count / total)} of requests (${groupedNumber(count)} of ${groupedNumber(total)})`
  if (effect.main === 'failed') {
    const also =
      effect.slow === 0
        ? ''
        : `; ${groupedNumber(effect.slow)} more ${effect.slow === 1 ? 'was' : 'were'} slow`
    return `became ${worst.label} ${answerOf(failed)} for ${shareOf(effect.failed)}${also}`
  }
  const { took, without } = slowTimes(facts, worst, [Phase.chaos])
  const also =
    effect.failed > 0 ? `${groupedNumber(effect.failed)} more failed` : noneFailedText(chaos, others)
  return `made ${worst.label} slow for ${shareOf(effect.slow)}: ${took} instead of ${without}; ${also}`
}

/** Where users of other entries met failures, "none failed" alone would be read as if nobody had. */
function noneFailedText(chaos: readonly RequestClass[], others: readonly Entry[]): string {
  const anyway = chaos.some((one) => one.outcome === Outcome.failed)
  const failing = others
    .map(({ label, phases }) => ({ label, ...effectOn(phases[Phase.chaos]) }))
    .filter(({ failed }) => failed > 0)
  const failed = failing.reduce((n, one) => n + one.failed, 0)
  const whose = failing.length === 1 ? failing[0].label : 'other'
  const but =
    failed === 0 ? '' : `, but ${groupedNumber(failed)} ${whose} ${failed === 1 ? 'request' : 'requests'} did`
  return `none failed${anyway ? ' because of it' : ''}${but}`
}

function backText({ phases }: Facts, recovery: Recovery, backlog: Backlog | undefined): string {
  const window = phases.recovery.at(-1)
  if (recovery.metastable && window !== undefined) {
    const afterMs = (window.to - chaosEndOf(phases)) / 1e6
    const held = recovery.heldBy === undefined ? '' : `, held by ${recovery.heldBy}`
    return ` Users were still hit ${durationText(afterMs)} after the fault had ended, when the data end${held}.`
  }
  if (recovery.overallMs === null) return backlog === undefined ? '' : goneText(backlog)
  const also = backlog === undefined ? '' : alsoGoneText(backlog)
  return ` ${usersBackText(recovery.overallMs, also)}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
