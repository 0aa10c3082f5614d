import type { Timing } from './timing.ts'

/**
 * @returns how many goals were missed: start-up at least twice as fast, http and process activities faster. In CI, where
 * strangers share the machine, they are told, not judged
 */
export function printTimings(all: readonly Timing[]): number {
  let missed = 0
  console.log(
    `${''.padEnd(34)}${'chaos: time, processor'.padStart(24)}${'aftershock chaos'.padStart(24)}   ratio`,
  )
  for (const { what, reference, ours, ratioMin } of all) {
    const ratio = reference.wallMs / ours.wallMs
    const isMissed = ratioMin !== undefined && ratio < ratioMin
    if (isMissed) missed += 1
    const costs = [reference, ours].map(({ wallMs, cpuMs }) =>
      `${wallMs.toFixed(2)} ms${cpuMs === undefined ? '' : `, ${cpuMs.toFixed(2)} ms`}`.padStart(24),
    )
    console.log(
      `${what.padEnd(34)}${costs.join('')}${ratio.toFixed(1).padStart(8)}${isMissed ? '  MISSED' : ''}`,
    )
  }
  return process.env.CI === undefined ? missed : 0
}
