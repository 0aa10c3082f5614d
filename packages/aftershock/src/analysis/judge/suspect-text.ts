import { percentText } from '../../model/numbers.ts'
import type { System } from '../assemble/forest.ts'
import { Phase } from '../assemble/phases.ts'
import { Fail, OWN_POOL, SLOW_CALLEE } from '../calls/failure.ts'
import { rate, type Site } from './sites.ts'

/** By `Fail`. */
const FAILURE_WORDS: Readonly<Record<number, string>> = {
  [Fail.timeout]: 'time-outs',
  [Fail.rejected]: 'rejections',
  [Fail.network]: 'network errors',
  [Fail.shed]: 'refusals',
  [Fail.cancelled]: 'cancellations',
  [SLOW_CALLEE]: 'time-outs',
  [OWN_POOL]: 'waits for its own pool',
  [Fail.dns]: 'failed name look-ups',
}

/** Why a site accuses who is at it. */
export function suspectText(forest: System, site: Site): string {
  const from = forest.services[site.service].name
  const to = site.callee === -1 ? '' : forest.services[site.callee].name
  const share = shareText(site)
  if (site.what === 'wait')
    return `messages from ${from} lay longer before it took them up (too long: ${share})`
  if (site.what === 'self') return ownWorkText(site)
  if (site.what === 'fail') {
    const kind = FAILURE_WORDS[site.as] ?? 'errors'
    return to === '' ? `errors begin in it (${share})` : `${kind} begin on calls ${from} → ${to} (${share})`
  }
  return `${from} → ${to} took longer outside the callee's work (above normal: ${share})`
}

export function ownWorkText(site: Site): string {
  return `its own work took longer (above normal: ${shareText(site)})`
}

function shareText(site: Site): string {
  return `${percentText(rate(site, Phase.baseline))} before, ${percentText(rate(site, Phase.chaos))} during`
}
