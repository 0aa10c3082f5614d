import type { Mark } from './marks.ts'

/** One time a record was injected: from an application to the recovery that followed. */
export type Round = {
  /** Undefined: nobody told us that it began. */
  readonly applied: Mark | undefined
  /** Undefined: not recovered, or `lost`. */
  readonly recovered: Mark | undefined
  /** The recovery that must have been before the next application was lost: it ended at the latest by this. */
  readonly lostBy: Mark | undefined
}

/**
 * Pairs applications with recoveries.
 *
 * @param recordsOfId - 2 when a pod is source and target at once: it is applied twice a round
 */
export function roundsOf(marks: readonly Mark[], recordsOfId: number): readonly Round[] {
  const rounds: Round[] = []
  let applied: Mark | undefined
  let applications = 0
  let lastRecovered = false
  for (const mark of marks) {
    if (mark.operation === 'Apply') {
      if (applied !== undefined && applications >= recordsOfId) {
        rounds.push({ applied, recovered: undefined, lostBy: mark })
        applications = 0
      }
      applications += 1
      applied = mark
      lastRecovered = false
    } else if (applied !== undefined) {
      rounds.push({ applied, recovered: mark, lostBy: undefined })
      applied = undefined
      applications = 0
      lastRecovered = true
    } else if (lastRecovered && recordsOfId > 1) {
      // The other record of the same pod: the fault is gone when both are.
      const open = rounds.pop()
      if (open !== undefined) rounds.push({ ...open, recovered: mark })
    } else {
      rounds.push({ applied: undefined, recovered: mark, lostBy: undefined })
      lastRecovered = true
    }
  }
  if (applied !== undefined) rounds.push({ applied, recovered: undefined, lostBy: undefined })
  return rounds
}
