import { Phase } from '../assemble/phases.ts'
import { Fail, SLOW_CALLEE } from '../calls/failure.ts'
import { SAMPLES_MIN } from './components.ts'
import { isShiftedIn, rate, type Site } from './sites.ts'

/** Level of p for sites that touch a target. */
export const NEAR_LEVEL = 0.002
/** An edge shifts as its likes do from this share of their excess on. */
const ALIKE_SHARE = 0.5

/**
 * Sites of edges between a target and a service that is none, where the others' edges tell that it is the other end's
 * doing: calls of a target fail, or are late, like those of all the others who call the same service; calls to a target
 * like those of the same caller to others, while whoever else calls the target finds it as before.
 *
 * @returns indices
 */
export function othersSites(list: readonly Site[], targets: ReadonlySet<number>): readonly number[] {
  const others = list.filter(isOfCall)
  return [...list.keys()].filter((i) => {
    const site = list[i]
    if (!isOfCall(site) || targets.has(site.service) === targets.has(site.callee)) return false
    const intoSame = others.filter(
      (o) => o.callee === site.callee && o.service !== site.service && !targets.has(o.service),
    )
    const outOfSame = others.filter((o) => o.service === site.service && o.callee !== site.callee)
    if (targets.has(site.service))
      return shiftsWith(intoSame, site) && !outOfSame.some(isShifted) && !isOwnWorkToo(list, site)
    const toOthers = outOfSame.filter((o) => !targets.has(o.callee))
    return shiftsWith(toOthers, site) && isCalledByMore(list, site) && !intoSame.some(isShifted)
  })
}

/** Of a service that tells of no calls all that it does itself is told as time on their way. */
function isOwnWorkToo(list: readonly Site[], { what, service }: Site): boolean {
  return what === 'gap' && !list.some((o) => o.what === 'self' && o.service === service)
}

/** Time on the way of a call, or a failure of one that begins there. */
function isOfCall(site: Site): boolean {
  if (site.callee === -1) return false
  return site.what === 'fail' ? isCallFailure(site) && site.as !== SLOW_CALLEE : true
}

/** A failed call that says nothing about state that the caller or the callee keeps. */
export function isCallFailure(site: Site): boolean {
  const isReaction = site.as === Fail.rejected || site.as === Fail.shed || site.as === Fail.cancelled
  return site.what === 'fail' && site.callee !== -1 && !isReaction
}

/** Another calls it often enough to tell that nothing is wrong there. */
function isCalledByMore(list: readonly Site[], { service, callee }: Site): boolean {
  return list.some(
    (o) =>
      o.callee === callee &&
      o.service !== service &&
      o.n[Phase.baseline] >= SAMPLES_MIN &&
      o.n[Phase.chaos] >= CALLS_MIN,
  )
}

const CALLS_MIN = 20

function isShifted(site: Site): boolean {
  return isShiftedIn(site, Phase.chaos, NEAR_LEVEL)
}

/** Others shift in the same way: failures in whatever words, or times of the same kind. */
function shiftsWith(others: readonly Site[], site: Site): boolean {
  const more = (one: Site): number => rate(one, Phase.chaos) - rate(one, Phase.baseline)
  return others.some((o) => o.what === site.what && isShifted(o) && more(o) >= ALIKE_SHARE * more(site))
}
