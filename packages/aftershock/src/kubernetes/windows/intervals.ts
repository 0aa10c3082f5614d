import type { Hole } from './holes.ts'
import type { PodWindow } from './pod-windows.ts'

/** Half open; `endNs` undefined: still open. Our clock. */
export type OpenInterval = { readonly startNs: bigint; readonly endNs: bigint | undefined }

/** Surely in force all the while; undefined when there is no such time. */
export function certainOf(window: PodWindow): OpenInterval | undefined {
  const firstHoleNs = window.holes[0]?.earliestNs
  const endNs = sooner(window.end?.earliest.atNs, firstHoleNs)
  const startNs = window.start.latest.atNs
  return endNs !== undefined && endNs <= startNs ? undefined : { startNs, endNs }
}

/** Outside it was surely not in force. */
export function possibleOf(window: PodWindow): OpenInterval {
  const lost = window.holes.find((hole: Hole) => hole.lost === 'surely')
  const endNs = sooner(window.end?.latest?.atNs, lost?.latestNs)
  const startNs = window.start.earliest.atNs
  return { startNs, endNs: endNs !== undefined && endNs < startNs ? startNs : endNs }
}

function sooner(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined) return b
  return b === undefined || a < b ? a : b
}
