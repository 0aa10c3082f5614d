import { durationText, percentText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { chaosStartOf } from '../assemble/phases.ts'
import type { NeverTaken } from '../judge/never-taken.ts'
import { type Facts, nameOf } from './facts.ts'
import { groupedNumber, perMinute, plural } from './occurrences.ts'
import { MESSAGES_RULE } from './waiting-messages.ts'

export const NEVER_TAKEN_RULE = 'queueing.messages-never-taken-up'

/** What nobody ever took up is told beside what was taken up late, or by itself where nothing was. */
export function withLostMessages(facts: Facts, mechanisms: readonly Mechanism[]): readonly Mechanism[] {
  const all = [...mechanisms]
  for (const lost of facts.neverTaken) {
    const [caller, callee] = [nameOf(facts, lost.caller), nameOf(facts, lost.callee)]
    const i = all.findIndex((m) => m.rule.id === MESSAGES_RULE && m.caller === caller && m.callee === callee)
    if (i === -1) all.push(lostOf(facts, lost))
    else
      all[i] = {
        ...all[i],
        sentence: `${all[i].sentence} ${sentenceOf(facts, lost)}`,
        facts: [...all[i].facts, ...factsOf(facts, lost)],
      }
  }
  return all
}

function lostOf(facts: Facts, lost: NeverTaken): Mechanism {
  const [caller, callee] = [nameOf(facts, lost.caller), nameOf(facts, lost.callee)]
  return {
    id: `queueing:${caller}>${callee}`,
    kind: 'queueing',
    caller,
    callee,
    count: lost.count,
    background: { subtracted: lost.anyway, perMinute: perMinute(facts, lost.before.lost) },
    // No span says that it was lost, rather than that its span was.
    grade: 'inferred',
    verdict: 'hurt',
    rule: {
      id: NEVER_TAKEN_RULE,
      text: 'They were sent well, and no span in all the data took them up, though there was time to; more of them than in the baseline.',
    },
    sentence: sentenceOf(facts, lost),
    facts: factsOf(facts, lost),
    evidence: lost.evidence,
  }
}

function sentenceOf(facts: Facts, lost: NeverTaken): string {
  const usually = lost.before.lost === 0 ? 'none' : percentText(lost.before.lost / lost.before.n)
  return `${lostText(facts, lost)} (of ${groupedNumber(lost.sent)} sent meanwhile; before the fault ${usually}).`
}

/** `189 messages from web were never taken up by worker`. */
export function lostText(facts: Facts, { caller, callee, count }: NeverTaken): string {
  const were = count === 1 ? 'was' : 'were'
  return `${plural(count, 'message')} from ${nameOf(facts, caller)} ${were} never taken up by ${nameOf(facts, callee)}`
}

function factsOf(facts: Facts, { count, sent, firstNs }: NeverTaken): Mechanism['facts'] {
  const afterMs = (firstNs - chaosStartOf(facts.phases)) / 1e6
  const when = `${durationText(afterMs)} after the fault began`
  return [
    { label: 'never taken up', value: groupedNumber(count), raw: count },
    { label: 'sent meanwhile', value: groupedNumber(sent), raw: sent },
    { label: 'first of these sent', value: when, raw: Math.round(afterMs) },
  ]
}
